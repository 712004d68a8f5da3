'use strict'

// The option `compress`.

const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { wrong } = require('./signs.js')

/** @typedef {{ kind: 'none' | 'gzip' | 'zstd', level: number }} Compression */

/** Of each kind: the least level, the most, and what is taken if none is named. */
const LEVELS = /** @type {const} */ ({ gzip: [0, 9, 6], zstd: [1, 22, 3] })

/**
 * @param {unknown} value
 * @returns {Compression}
 */
function compressOption(value) {
  const name = 'options.compress'
  const expected = "'gzip', 'zstd', { gzip: level } or { zstd: level }"
  if (value === undefined) return { kind: 'none', level: 0 }
  if (value === 'gzip' || value === 'zstd') return { kind: value, level: LEVELS[value][2] }
  if (typeof value === 'string') throw wrong(name, expected, value)
  if (value === null || typeof value !== 'object') throw check.typeError(name, expected, value)
  const { gzip, zstd } = check.options(name, value, ['gzip', 'zstd'])
  if ((gzip === undefined) === (zstd === undefined)) {
    throw argumentError('TypeError', `${name} must be ${expected}; got ${gzip === undefined ? 'neither gzip nor zstd' : 'both'}`)
  }
  const kind = gzip === undefined ? 'zstd' : 'gzip'
  const [min, max, usual] = LEVELS[kind]
  return { kind, level: check.integer(`${name}.${kind}`, kind === 'gzip' ? gzip : zstd, min, max, usual) }
}

module.exports = { compressOption }
