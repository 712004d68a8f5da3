'use strict'

const check = require('../check.js')
const { INPUT_OPTIONS, OUTPUT_OPTIONS, inputOf, outputOf } = require('./options.js')
const { resize } = require('./work.js')

const RESIZE_OPTIONS = [...OUTPUT_OPTIONS, ...INPUT_OPTIONS]

/**
 * @param {unknown} input
 * @param {unknown} options
 */
async function resizeImage(input, options) {
  if (options === undefined) throw check.typeError('options', 'an object', options)
  const copy = check.options('options', options, RESIZE_OPTIONS)
  const settings = inputOf(copy)
  const [image] = await resize(input, settings, [outputOf('options', copy, settings.timings)], 'resizeImage')
  return image
}

module.exports = { resizeImage }
