'use strict'

// How large an input may be: the bounds of each limit, and its default.

const check = require('../check.js')

const MAX_U32 = 2 ** 32 - 1

const DEFAULT_LIMITS = Object.freeze({
  inputBytes: 64 * 1024 * 1024,
  inputPixels: 0x3fff ** 2,
  frames: 256,
  inputSide: 65_535,
  aspectRatio: 1000,
  metadataBytes: 4 * 1024 * 1024,
  scans: 100
})

/** @typedef {{ [limit in keyof typeof DEFAULT_LIMITS]: number }} Limits */

/**
 * @param {unknown} value
 * @returns {Limits}
 */
function limitsOf(value) {
  const copy = check.options('options.limits', value, Object.keys(DEFAULT_LIMITS))
  const integer = (/** @type {keyof Limits} */ name, max = MAX_U32) =>
    check.integer(`options.limits.${name}`, copy[name], 1, max, DEFAULT_LIMITS[name])
  return {
    inputBytes: integer('inputBytes'),
    inputPixels: integer('inputPixels'),
    frames: integer('frames', 65_535),
    inputSide: integer('inputSide'),
    // A square's is 1, which is the least there is.
    aspectRatio: check.number('options.limits.aspectRatio', copy.aspectRatio, 1, MAX_U32, DEFAULT_LIMITS.aspectRatio),
    metadataBytes: integer('metadataBytes'),
    scans: integer('scans', 65_535)
  }
}

module.exports = { limitsOf }
