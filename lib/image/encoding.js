'use strict'

// How an output is written. Options that its format has no use for are checked all the same and then count for nothing,
// so that one set of options can serve several formats.

const check = require('../check.js')
const { argumentError } = require('../errors.js')

const FORMATS = /** @type {const} */ (['jpeg', 'png', 'webp', 'avif', 'gif'])
const SUBSAMPLINGS = /** @type {const} */ (['4:2:0', '4:4:4'])
const FILTERS = /** @type {const} */ (['adaptive', 'none', 'sub', 'up', 'average', 'paeth'])
const KEPT = /** @type {const} */ (['exif', 'icc', 'xmp'])

/** @type {Readonly<Record<string, readonly [number, number]>>} from the fastest to the smallest */
const EFFORTS = { webp: [0, 6], avif: [0, 9], gif: [1, 10] }

const ENCODING_OPTIONS = /** @type {const} */ ([
  'format',
  'quality',
  'lossless',
  'nearLossless',
  'alphaQuality',
  'effort',
  'progressive',
  'chromaSubsampling',
  'compressionLevel',
  'filter',
  'palette',
  'colors',
  'dither',
  'animated',
  'keepMetadata'
])

/**
 * @param {string} name of the argument that the options came in
 * @param {Record<string, unknown>} options
 */
function encodingOf(name, options) {
  const boolean = (/** @type {string} */ option, fallback = false) =>
    check.boolean(`${name}.${option}`, options[option], fallback)
  const format = check.oneOf(`${name}.format`, options.format, FORMATS, undefined) ?? ''
  const lossless = boolean('lossless')
  const nearLossless = boolean('nearLossless')
  if (lossless && nearLossless) {
    throw argumentError('TypeError', `${name}.lossless and ${name}.nearLossless exclude each other; got both. ` +
      'Leave out nearLossless where no pixel may change, lossless where small changes may save bytes')
  }
  return {
    format,
    quality: check.integer(`${name}.quality`, options.quality, 1, 100, 0),
    lossless,
    nearLossless,
    alphaQuality: check.integer(`${name}.alphaQuality`, options.alphaQuality, 1, 100, 0),
    effort: effortOf(`${name}.effort`, options.effort, format),
    progressive: boolean('progressive'),
    chromaSubsampling: check.oneOf(`${name}.chromaSubsampling`, options.chromaSubsampling, SUBSAMPLINGS, undefined) ?? '',
    compressionLevel: check.integer(`${name}.compressionLevel`, options.compressionLevel, 0, 9, 6),
    filter: check.oneOf(`${name}.filter`, options.filter, FILTERS, 'adaptive'),
    palette: boolean('palette'),
    colors: check.integer(`${name}.colors`, options.colors, 2, 256, 256),
    dither: check.number(`${name}.dither`, options.dither, 0, 1, 1),
    animated: boolean('animated', true),
    ...keptOf(`${name}.keepMetadata`, options.keepMetadata)
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {string} format '' where it is the input's: then native code knows what its range is
 * @returns {number} -1 is the format's default
 */
function effortOf(name, value, format) {
  const effort = check.integer(name, value, 0, 10, -1)
  const range = EFFORTS[format]
  if (effort !== -1 && range !== undefined && (effort < range[0] || effort > range[1])) {
    throw check.rangeError(name, `an integer from ${range[0]} to ${range[1]} with format '${format}'`, effort)
  }
  return effort
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function keptOf(name, value) {
  if (value === undefined || typeof value === 'boolean') {
    const all = value === true
    return { keepExif: all, keepIcc: all, keepXmp: all }
  }
  if (value === null || typeof value !== 'object') throw check.typeError(name, 'true, false or an object', value)
  const kept = check.options(name, value, KEPT)
  const [keepExif, keepIcc, keepXmp] = KEPT.map((which) => check.boolean(`${name}.${which}`, kept[which], false))
  return { keepExif, keepIcc, keepXmp }
}

module.exports = { ENCODING_OPTIONS, encodingOf }
