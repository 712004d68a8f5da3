'use strict'

// The image resizers: same size, same kernel (Lanczos3), same quality number.

/**
 * @typedef {object} Task
 * @property {number} width of the output; its height follows
 * @property {'jpeg' | 'webp' | 'png'} format
 */
/** @typedef {(bytes: Buffer, task: Task) => Promise<Buffer>} Resizer */

const QUALITY = 80

/** @type {Record<string, { formats: string[], load: () => Resizer }>} */
const resizers = {
  offloop: {
    formats: ['jpeg', 'webp', 'png'],
    load: () => {
      const { resizeImage } = require('../..')
      return async (bytes, { width, format }) => (await resizeImage(bytes, { width, format, quality: QUALITY })).data
    }
  },
  sharp: {
    formats: ['jpeg', 'webp', 'png'],
    load: () => {
      const sharp = require('sharp')
      // Each call is a new file to a server; a cache of the same one would measure nothing.
      sharp.cache(false)
      // For a PNG, a quality would ask for a palette.
      return (bytes, { width, format }) => sharp(bytes).resize({ width, kernel: 'lanczos3' })[format](format === 'png' ? {} : { quality: QUALITY }).toBuffer()
    }
  },
  '@napi-rs/image': {
    formats: ['jpeg', 'webp', 'png'],
    load: () => {
      const { ResizeFilterType, Transformer } = require('@napi-rs/image')
      return (bytes, { width, format }) => {
        const image = new Transformer(bytes).resize(width, null, ResizeFilterType.Lanczos3)
        return format === 'png' ? image.png() : format === 'webp' ? image.webp(QUALITY) : image.jpeg(QUALITY)
      }
    }
  },
  jimp: {
    formats: ['jpeg', 'png'],
    load: () => {
      const { Jimp } = require('jimp')
      return async (bytes, { width, format }) => {
        const image = await Jimp.read(bytes)
        image.resize({ w: width })
        return format === 'png' ? image.getBuffer('image/png') : image.getBuffer('image/jpeg', { quality: QUALITY })
      }
    }
  }
}

module.exports = { resizers }
