'use strict'

// Where the pixels of an output come from and go to: turns, trimming, the part taken, size, place, padding. In the
// order in which they are done.

const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { colorOf } = require('./colors.js')

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
  'bottom-right',
  'attention'
])
const KERNELS = /** @type {const} */ (['nearest', 'bilinear', 'catmull-rom', 'mitchell', 'lanczos3'])
const ROTATIONS = [0, 90, 180, 270]

const GEOMETRY_OPTIONS = /** @type {const} */ ([
  'autoOrient',
  'rotate',
  'flip',
  'flop',
  'trim',
  'extract',
  'width',
  'height',
  'fit',
  'position',
  'kernel',
  'withoutEnlargement',
  'linear',
  'background',
  'padding'
])

// The longest side of a PNG, which is the longest of all. What the image itself allows is checked with it.
const MAX_SIDE = 2 ** 31 - 1

const BLACK = Object.freeze({ r: 0, g: 0, b: 0, alpha: 255 })
const TRIM_THRESHOLD = 10

/**
 * @param {string} name of the argument that the options came in
 * @param {Record<string, unknown>} options
 */
function geometryOf(name, options) {
  const boolean = (/** @type {string} */ option, /** @type {boolean} */ fallback) =>
    check.boolean(`${name}.${option}`, options[option], fallback)
  return {
    autoOrient: boolean('autoOrient', true),
    rotate: rotationOf(`${name}.rotate`, options.rotate),
    flip: boolean('flip', false),
    flop: boolean('flop', false),
    ...trimOf(`${name}.trim`, options.trim),
    ...extractOf(`${name}.extract`, options.extract),
    width: check.integer(`${name}.width`, options.width, 1, MAX_SIDE, 0),
    height: check.integer(`${name}.height`, options.height, 1, MAX_SIDE, 0),
    fit: check.oneOf(`${name}.fit`, options.fit, FITS, 'cover'),
    ...positionOf(`${name}.position`, options.position),
    kernel: check.oneOf(`${name}.kernel`, options.kernel, KERNELS, 'lanczos3'),
    withoutEnlargement: boolean('withoutEnlargement', false),
    linear: boolean('linear', false),
    background: colorOf(`${name}.background`, options.background, BLACK),
    ...paddingOf(`${name}.padding`, options.padding)
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {number}
 */
function rotationOf(name, value) {
  if (value === undefined) return 0
  if (typeof value !== 'number') throw check.typeError(name, 'a number', value)
  // -0 is no other turn than 0.
  if (ROTATIONS.includes(value)) return value + 0
  throw argumentError('RangeError', `${name} must be one of ${ROTATIONS.join(', ')}, degrees clockwise; got ${value}`)
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {{ trim: boolean, trimBackground: import('./colors.js').Color | undefined, trimThreshold: number }}
 */
function trimOf(name, value) {
  if (value === undefined || typeof value === 'boolean') {
    return { trim: value === true, trimBackground: undefined, trimThreshold: TRIM_THRESHOLD }
  }
  if (value === null || typeof value !== 'object') throw check.typeError(name, 'true, false or an object', value)
  const { background, threshold } = check.options(name, value, ['background', 'threshold'])
  return {
    trim: true,
    trimBackground: colorOf(`${name}.background`, background, undefined),
    trimThreshold: check.integer(`${name}.threshold`, threshold, 0, 255, TRIM_THRESHOLD)
  }
}

/**
 * All four are asked for: a region with a side left out is a mistake more often than it is meant.
 * @param {string} name
 * @param {unknown} value
 */
function extractOf(name, value) {
  const none = { extractLeft: 0, extractTop: 0, extractWidth: 0, extractHeight: 0 }
  if (value === undefined) return none
  const region = check.options(name, value, ['left', 'top', 'width', 'height'])
  const side = (/** @type {string} */ which, /** @type {number} */ min) => {
    const length = check.integer(`${name}.${which}`, region[which], min, MAX_SIDE, undefined)
    if (length === undefined) throw check.typeError(`${name}.${which}`, 'a number', length)
    return length
  }
  return { extractLeft: side('left', 0), extractTop: side('top', 0), extractWidth: side('width', 1), extractHeight: side('height', 1) }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {{ position: string, focalX: number, focalY: number }}
 */
function positionOf(name, value) {
  if (value === null || typeof value !== 'object') {
    return { position: check.oneOf(name, value, POSITIONS, 'center'), focalX: 0.5, focalY: 0.5 }
  }
  const { x, y } = check.options(name, value, ['x', 'y'])
  return { position: 'focal', focalX: check.required(`${name}.x`, x, 1), focalY: check.required(`${name}.y`, y, 1) }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function paddingOf(name, value) {
  if (value === undefined || typeof value === 'number') {
    const all = check.integer(name, value, 0, MAX_SIDE, 0)
    return { paddingTop: all, paddingRight: all, paddingBottom: all, paddingLeft: all }
  }
  if (value === null || typeof value !== 'object') throw check.typeError(name, 'a number or an object', value)
  const sides = check.options(name, value, ['top', 'right', 'bottom', 'left'])
  const side = (/** @type {string} */ which) => check.integer(`${name}.${which}`, sides[which], 0, MAX_SIDE, 0)
  return { paddingTop: side('top'), paddingRight: side('right'), paddingBottom: side('bottom'), paddingLeft: side('left') }
}

module.exports = { GEOMETRY_OPTIONS, geometryOf }
