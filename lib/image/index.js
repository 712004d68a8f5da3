'use strict'

// Images: argument checks in front of the native resizer.

const { imageMetadata } = require('./metadata.js')
const { resizeImage } = require('./resize.js')
const { resizeImageSet } = require('./set.js')

module.exports = { resizeImage, resizeImageSet, imageMetadata }
