'use strict'

const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { fromOption } = require('./columns.js')

const OWN = /** @type {const} */ (['columns', 'header', 'delimiter', 'lineEnding', 'bom', 'maxBlockMs', 'onProgress'])

/**
 * @typedef {{ delimiter: string, lineEnding: '\r\n' | '\n', bom: boolean }} Dialect
 */

/**
 * The options of an export, checked, with their defaults.
 * @template J
 * @param {unknown} value
 * @param {readonly string[]} jobOptionNames
 * @param {(name: string, copy: Record<string, unknown>, lane: 'bulk') => J} jobOptions
 * @returns {{ settings: import('./export.js').Settings, dialect: Dialect, job: J }}
 */
function exportOptions(value, jobOptionNames, jobOptions) {
  const copy = check.options('options', value, [...OWN, ...jobOptionNames])
  const header = check.boolean('options.header', copy.header, true)
  const { onProgress } = copy
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw check.typeError('options.onProgress', 'a function', onProgress)
  }
  return {
    settings: {
      columns: fromOption(copy.columns, header),
      header,
      maxBlockMs: check.number('options.maxBlockMs', copy.maxBlockMs, 0.1, 1000, 4),
      onProgress: /** @type {import('./export.js').Settings['onProgress']} */ (onProgress)
    },
    dialect: {
      delimiter: delimiter(copy.delimiter),
      lineEnding: lineEnding(copy.lineEnding),
      bom: check.boolean('options.bom', copy.bom, false)
    },
    job: jobOptions('options', copy, 'bulk')
  }
}

/** @param {unknown} value */
function delimiter(value) {
  if (value === undefined) return ','
  const name = 'options.delimiter'
  const expected = 'a single character other than the quote, CR and LF'
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  // One code point: an emoji is two units long. A lone surrogate could not be written.
  if (value.length > 2 || !/^[^\p{Surrogate}"\r\n]$/u.test(value)) {
    throw argumentError('RangeError', `${name} must be ${expected}; got ${JSON.stringify(value.slice(0, 20))}`)
  }
  return value
}

/**
 * @param {unknown} value
 * @returns {'\r\n' | '\n'}
 */
function lineEnding(value) {
  if (value === undefined || value === '\r\n') return '\r\n'
  if (value === '\n') return '\n'
  const name = 'options.lineEnding'
  const expected = String.raw`'\r\n' or '\n'`
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  throw argumentError('RangeError', `${name} must be ${expected}; got ${JSON.stringify(value.slice(0, 20))}`)
}

module.exports = { exportOptions }
