'use strict'

// The image resizers: same size, same kernel (Lanczos3), same quality number where it means the same.

const os = require('node:os')

/**
 * @typedef {object} Task
 * @property {number} width of the output
 * @property {number} [height] where it is asked for; else it follows
 * @property {'jpeg' | 'webp' | 'png' | 'avif'} format
 * @property {'none' | 'adaptive'} [filter] of a PNG's rows
 * @property {number} [quality] of an AVIF; the others have QUALITY
 * @property {number} [effort] of an AVIF
 */
/** @typedef {(bytes: Buffer, task: Task) => Promise<Buffer>} Resizer */
/** @typedef {(bytes: Buffer, tasks: Task[]) => Promise<Buffer[]>} SetResizer */
/** @typedef {(bytes: Buffer) => Promise<unknown>} Reader */

const QUALITY = 80

/** What offloop is told of a format. @param {Task} task */
function ours({ width, height, format, filter, quality = QUALITY, effort }) {
  switch (format) {
    case 'png':
      return { width, height, format, compressionLevel: 6, ...(filter && { filter }) }
    case 'avif':
      return { width, height, format, quality, ...(effort !== undefined && { effort }) }
    default:
      return { width, height, format, quality: QUALITY }
  }
}

/** What sharp is told of it. For a PNG, a quality would ask for a palette. @param {Task} task */
function sharps({ format, filter, quality = QUALITY, effort }) {
  switch (format) {
    case 'png':
      return { compressionLevel: 6, adaptiveFiltering: filter === 'adaptive' }
    case 'avif':
      return { quality, ...(effort !== undefined && { effort }) }
    default:
      return { quality: QUALITY }
  }
}

/** As it comes, or with what its documentation says of speed: a thread a core for each image, and no cache. @param {boolean} tuned */
function loadSharp(tuned) {
  const sharp = require('sharp')
  if (tuned) {
    sharp.concurrency(os.availableParallelism())
    sharp.cache(false)
  }
  return sharp
}

/**
 * @param {any} pipeline of sharp's
 * @param {Task} task
 * @returns {Promise<Buffer>}
 */
function finish(pipeline, task) {
  return pipeline.resize({ width: task.width, height: task.height, kernel: 'lanczos3' })[task.format](sharps(task)).toBuffer()
}

/** @param {boolean} tuned @returns {Resizer} */
function sharpResizer(tuned) {
  const sharp = loadSharp(tuned)
  return (bytes, task) => finish(sharp(bytes), task)
}

/** One image in, one out. @type {Record<string, { formats: string[], load: () => Resizer }>} */
const resizers = {
  offloop: {
    formats: ['jpeg', 'webp', 'png', 'avif'],
    load: () => {
      const { resizeImage } = require('../..')
      return async (bytes, task) => (await resizeImage(bytes, ours(task))).data
    }
  },
  sharp: { formats: ['jpeg', 'webp', 'png', 'avif'], load: () => sharpResizer(false) },
  'sharp, tuned': { formats: ['jpeg', 'webp', 'png', 'avif'], load: () => sharpResizer(true) },
  '@napi-rs/image': {
    formats: ['jpeg', 'webp', 'png', 'avif'],
    load: () => {
      const { ResizeFilterType, Transformer, FilterType, CompressionType } = require('@napi-rs/image')
      return (bytes, { width, height, format, filter, quality, effort }) => {
        const image = new Transformer(bytes).resize(width, height ?? null, ResizeFilterType.Lanczos3)
        switch (format) {
          case 'png':
            return image.png({ compressionType: CompressionType.Default, filterType: filter === 'none' ? FilterType.NoFilter : FilterType.Adaptive })
          case 'webp':
            return image.webp(QUALITY)
          case 'avif':
            return image.avif({ quality, ...(effort !== undefined && { speed: 10 - effort }) })
          default:
            return image.jpeg(QUALITY)
        }
      }
    }
  },
  jimp: {
    formats: ['jpeg', 'png'],
    load: () => {
      const { Jimp } = require('jimp')
      return async (bytes, { width, height, format, filter }) => {
        const image = await Jimp.read(bytes)
        image.resize({ w: width, ...(height && { h: height }) })
        return format === 'png'
          ? image.getBuffer('image/png', { deflateLevel: 6, ...(filter && { filterType: filter === 'none' ? 0 : -1 }) })
          : image.getBuffer('image/jpeg', { quality: QUALITY })
      }
    }
  }
}

/**
 * The ways of getting many sizes out of sharp: a pipeline each, as its users write it; clones of one, as its
 * documentation says; and decoding once, to the largest size without encoding, from which the others are made.
 * @type {Record<string, (sharp: any) => SetResizer>}
 */
const sharpWays = {
  sharp: (sharp) => (bytes, tasks) => Promise.all(tasks.map((task) => finish(sharp(bytes), task))),
  'sharp, cloned': (sharp) => (bytes, tasks) => {
    const one = sharp(bytes)
    return Promise.all(tasks.map((task) => finish(one.clone(), task)))
  },
  'sharp, decoded once': (sharp) => async (bytes, tasks) => {
    const width = Math.max(...tasks.map((task) => task.width))
    const { data, info } = await sharp(bytes).resize({ width, kernel: 'lanczos3' }).raw().toBuffer({ resolveWithObject: true })
    const raw = { width: info.width, height: info.height, channels: info.channels }
    return Promise.all(tasks.map((task) => task.width === width
      ? sharp(data, { raw })[task.format](sharps(task)).toBuffer()
      : finish(sharp(data, { raw }), task)))
  }
}

/** One image in, many out. @type {Record<string, { load: () => SetResizer }>} */
const setResizers = {
  offloop: {
    load: () => {
      const { resizeImageSet } = require('../..')
      return async (bytes, tasks) => (await resizeImageSet(bytes, tasks.map(ours))).map(({ data }) => data)
    }
  },
  ...Object.fromEntries(Object.entries(sharpWays).flatMap(([name, way]) => [
    [name, { load: () => way(loadSharp(false)) }],
    [`${name}, tuned`, { load: () => way(loadSharp(true)) }]
  ]))
}

/** What a header says. @type {Record<string, { load: () => Reader }>} */
const readers = {
  offloop: {
    load: () => {
      const { imageMetadata } = require('../..')
      return (bytes) => imageMetadata(bytes)
    }
  },
  sharp: {
    load: () => {
      const sharp = loadSharp(false)
      return (bytes) => sharp(bytes).metadata()
    }
  },
  'sharp, tuned': {
    load: () => {
      const sharp = loadSharp(true)
      return (bytes) => sharp(bytes).metadata()
    }
  },
  '@napi-rs/image': {
    load: () => {
      const { Transformer } = require('@napi-rs/image')
      return (bytes) => new Transformer(bytes).metadata(true)
    }
  }
}

// Comparing with all of them takes long: OFFLOOP_BENCH_PEERS names some, with commas between; one with a space behind
// it is part of a name.
const asked = process.env.OFFLOOP_BENCH_PEERS?.split(/,(?! )/)

/**
 * @template T
 * @param {Record<string, T>} peers
 * @returns {Record<string, T>}
 */
function chosen(peers) {
  return asked === undefined ? peers : Object.fromEntries(Object.entries(peers).filter(([name]) => asked.some((one) => one.trim() === name)))
}

module.exports = { resizers: chosen(resizers), setResizers: chosen(setResizers), readers: chosen(readers), ours }
