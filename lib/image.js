'use strict'

// Images: argument checks in front of the native resizer. Everything is read and checked before the input
// is detached or copied, so that a wrong option never costs the caller their buffer.

const check = require('./check.js')
const { argumentError } = require('./errors.js')
const { JOB_OPTIONS, jobOptions } = require('./job.js')
const { bridge, errorOf, submit } = require('./native.js')

const FITS = /** @type {const} */ (['cover', 'contain', 'fill', 'inside', 'outside'])
const POSITIONS = /** @type {const} */ ([
  'center',
  'top',
  'right',
  'bottom',
  'left',
  'top-left',
  'top-right',
  'bottom-left',
  'bottom-right'
])
const KERNELS = /** @type {const} */ (['nearest', 'bilinear', 'catmull-rom', 'mitchell', 'lanczos3'])
const FORMATS = /** @type {const} */ (['jpeg', 'png', 'webp'])
const SUBSAMPLINGS = /** @type {const} */ (['4:2:0', '4:4:4'])

const RESIZE_OPTIONS = [
  'width',
  'height',
  'fit',
  'position',
  'kernel',
  'withoutEnlargement',
  'background',
  'autoOrient',
  'format',
  'quality',
  'lossless',
  'effort',
  'progressive',
  'chromaSubsampling',
  'compressionLevel',
  'limits',
  'transfer',
  ...JOB_OPTIONS
]
const METADATA_OPTIONS = ['limits', ...JOB_OPTIONS]

// The longest side of a PNG, which is the longest of all. What the image itself allows is checked with it.
const MAX_SIDE = 2 ** 31 - 1

// The sixteen colours of HTML 4, orange, and transparent.
const COLORS = new Map(
  Object.entries({
    black: '000000',
    silver: 'c0c0c0',
    gray: '808080',
    white: 'ffffff',
    maroon: '800000',
    red: 'ff0000',
    purple: '800080',
    fuchsia: 'ff00ff',
    green: '008000',
    lime: '00ff00',
    olive: '808000',
    yellow: 'ffff00',
    navy: '000080',
    blue: '0000ff',
    teal: '008080',
    aqua: '00ffff',
    orange: 'ffa500',
    transparent: '00000000'
  })
)

/**
 * @typedef {{ inputBytes: number, inputPixels: number, frames: number }} Limits
 * @typedef {{ r: number, g: number, b: number, alpha: number }} Color alpha from 0 to 255, as the others
 */

/**
 * A file's path, or bytes over the caller's memory.
 * @param {unknown} value
 * @returns {string | Uint8Array}
 */
function source(value) {
  if (typeof value === 'string') {
    if (value === '') throw argumentError('TypeError', 'input must not be an empty path')
    if (value.includes('\0')) throw argumentError('TypeError', 'input must be a path without NUL characters')
    return value
  }
  return check.bytes('input', value, "a Buffer, Uint8Array, ArrayBuffer or a file's path")
}

/**
 * @param {unknown} value
 * @returns {Limits}
 */
function limitsOf(value) {
  const limits = check.options('options.limits', value, ['inputBytes', 'inputPixels', 'frames'])
  return {
    inputBytes: check.integer('options.limits.inputBytes', limits.inputBytes, 1, 2 ** 32 - 1, 64 * 1024 * 1024),
    inputPixels: check.integer('options.limits.inputPixels', limits.inputPixels, 1, 2 ** 32 - 1, 0x3fff ** 2),
    frames: check.integer('options.limits.frames', limits.frames, 1, 65535, 256)
  }
}

/**
 * @param {unknown} value
 * @returns {{ position: string, focalX: number, focalY: number }}
 */
function positionOf(value) {
  if (value === null || typeof value !== 'object') {
    const position = check.oneOf('options.position', value, POSITIONS, 'center')
    return { position, focalX: 0.5, focalY: 0.5 }
  }
  const { x, y } = check.options('options.position', value, ['x', 'y'])
  return { position: 'focal', focalX: required('options.position.x', x, 1), focalY: required('options.position.y', y, 1) }
}

/**
 * A number from 0 to max that has no default.
 * @param {string} name
 * @param {unknown} value
 * @param {number} max
 * @returns {number}
 */
function required(name, value, max) {
  const number = check.number(name, value, 0, max, undefined)
  if (number === undefined) throw check.typeError(name, `a number from 0 to ${max}`, value)
  return number
}

/**
 * @param {unknown} value
 * @returns {Color}
 */
function colorOf(value) {
  if (value === undefined) return { r: 0, g: 0, b: 0, alpha: 255 }
  if (typeof value === 'string') return parseColor(value)
  const { r, g, b, alpha } = check.options('options.background', value, ['r', 'g', 'b', 'alpha'])
  return {
    r: Math.round(required('options.background.r', r, 255)),
    g: Math.round(required('options.background.g', g, 255)),
    b: Math.round(required('options.background.b', b, 255)),
    alpha: Math.round(check.number('options.background.alpha', alpha, 0, 1, 1) * 255)
  }
}

/**
 * @param {string} text
 * @returns {Color}
 */
function parseColor(text) {
  const name = text.toLowerCase()
  let digits = COLORS.get(name) ?? /^#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/.exec(name)?.[1]
  if (digits === undefined) {
    const names = [...COLORS.keys()].join(', ')
    throw argumentError(
      'TypeError',
      `options.background must be '#rgb', '#rgba', '#rrggbb', '#rrggbbaa', { r, g, b, alpha } or one of ${names}; got '${text.slice(0, 40)}'`
    )
  }
  if (digits.length < 6) digits = digits.replace(/./g, '$&$&')
  const channel = (/** @type {number} */ index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2) || 'ff', 16)
  return { r: channel(0), g: channel(1), b: channel(2), alpha: channel(3) }
}

/**
 * The options as native code takes them: every key there, 0 and '' for what follows from the image.
 * @param {Record<string, unknown>} options
 */
function resizeOptions(options) {
  const { position, focalX, focalY } = positionOf(options.position)
  const width = check.integer('options.width', options.width, 1, MAX_SIDE, 0)
  const height = check.integer('options.height', options.height, 1, MAX_SIDE, 0)
  return {
    width,
    height,
    fit: check.oneOf('options.fit', options.fit, FITS, 'cover'),
    position,
    focalX,
    focalY,
    kernel: check.oneOf('options.kernel', options.kernel, KERNELS, 'lanczos3'),
    withoutEnlargement: check.boolean('options.withoutEnlargement', options.withoutEnlargement, false),
    background: colorOf(options.background),
    autoOrient: check.boolean('options.autoOrient', options.autoOrient, true),
    format: check.oneOf('options.format', options.format, FORMATS, undefined) ?? '',
    quality: check.integer('options.quality', options.quality, 1, 100, 80),
    lossless: check.boolean('options.lossless', options.lossless, false),
    effort: check.integer('options.effort', options.effort, 0, 6, 4),
    progressive: check.boolean('options.progressive', options.progressive, false),
    chromaSubsampling: check.oneOf('options.chromaSubsampling', options.chromaSubsampling, SUBSAMPLINGS, '4:2:0'),
    compressionLevel: check.integer('options.compressionLevel', options.compressionLevel, 0, 9, 6),
    limits: limitsOf(options.limits)
  }
}

/**
 * Takes the memory away from the caller, so that nobody can change it. A view of a part of an ArrayBuffer
 * detaches the whole. Memory that cannot be detached is copied: Node's pool by structuredClone itself or,
 * as a WebAssembly.Memory that it refuses, by native code.
 * @param {Uint8Array} bytes
 * @returns {{ bytes: Uint8Array, owned: boolean }}
 */
function detach(bytes) {
  try {
    const { buffer, byteOffset, byteLength } = bytes
    // Throws here if an object's own properties lie about them, while nothing is lost.
    void new Uint8Array(buffer, byteOffset, byteLength)
    const own = structuredClone(buffer, { transfer: [/** @type {ArrayBuffer} */ (buffer)] })
    return { bytes: new Uint8Array(own, byteOffset, byteLength), owned: true }
  } catch {
    return { bytes, owned: false }
  }
}

/**
 * @param {unknown} input
 * @param {unknown} options
 */
async function resizeImage(input, options) {
  if (options === undefined) throw check.typeError('options', 'an object', options)
  const copy = check.options('options', options, RESIZE_OPTIONS)
  const job = jobOptions('options', copy, 'bulk')
  const wanted = resizeOptions(copy)
  const transfer = check.boolean('options.transfer', copy.transfer, false)
  const from = source(input)
  if (transfer && typeof from === 'string') {
    throw argumentError('TypeError', 'options.transfer is for bytes; input is a path')
  }
  return submit(
    job,
    (native, id, lane, timeoutMs) => {
      if (!transfer || typeof from === 'string') return native.resizeImage(id, lane, timeoutMs, from, wanted)
      const failure = native.admitResize(id, lane, timeoutMs, from, wanted)
      if (failure !== null && failure !== undefined) return failure
      // Only now that nothing can be refused any more is the memory taken from the caller.
      const { bytes, owned } = detach(from)
      native.startResize(id, bytes, owned)
      return undefined
    },
    'resizeImage'
  )
}

/**
 * @param {unknown} input
 * @param {unknown} [options]
 */
async function imageMetadata(input, options) {
  const copy = check.options('options', options, METADATA_OPTIONS)
  const job = jobOptions('options', copy, 'bulk')
  const limits = limitsOf(copy.limits)
  const from = source(input)
  if (typeof from === 'string') {
    return submit(
      job,
      (native, id, lane, timeoutMs) => native.imageFileFacts(id, lane, timeoutMs, from, limits),
      'imageMetadata'
    )
  }
  if (job.signal?.aborted) throw job.signal.reason
  // Read in place, within the call: that takes microseconds, less than handing the bytes over would.
  const facts = bridge.imageFacts(from, limits)
  if ('code' in facts) throw errorOf(facts)
  return facts
}

module.exports = { resizeImage, imageMetadata }
