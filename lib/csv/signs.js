'use strict'

// What tells fields and lines apart: the delimiter, the quote, the escape and the line's end.

const check = require('../check.js')
const { argumentError } = require('../errors.js')

/** In UTF-16 units. */
const MAX_DELIMITER = 16

/**
 * @typedef {object} Signs
 * @property {string} delimiter
 * @property {string} quote
 * @property {string} escape the quote, where it is doubled
 * @property {'\r\n' | '\n'} lineEnding
 */

/**
 * @param {Record<string, unknown>} copy of the options
 * @param {{ delimiter: string, lineEnding: '\r\n' | '\n' }} defaults
 * @returns {Signs}
 */
function signsOption(copy, defaults) {
  const quote = character('options.quote', copy.quote, '"')
  const escape = character('options.escape', copy.escape, quote)
  const delimiter = delimiterOption(copy.delimiter, defaults.delimiter)
  for (const [name, sign] of [['quote', quote], ['escape', escape]]) {
    if (delimiter.includes(sign)) {
      const [at, other] = copy.delimiter === undefined ? [name, 'delimiter'] : ['delimiter', name]
      throw argumentError('RangeError', `options.${at} must not clash with the ${other}; ${show(sign)} is in both`)
    }
  }
  return { delimiter, quote, escape, lineEnding: lineEndingOption(copy.lineEnding, defaults.lineEnding) }
}

/**
 * @param {unknown} value
 * @param {string} fallback
 */
function delimiterOption(value, fallback) {
  if (value === undefined) return fallback
  const name = 'options.delimiter'
  const expected = `1 to ${MAX_DELIMITER} characters other than the quote, CR and LF`
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  // A lone surrogate could not be written.
  if (value.length === 0 || value.length > MAX_DELIMITER || !/^[^\p{Surrogate}\r\n]+$/u.test(value)) throw wrong(name, expected, value)
  return value
}

/**
 * One code point: an emoji is two units long.
 * @param {string} name
 * @param {unknown} value
 * @param {string} fallback
 */
function character(name, value, fallback) {
  if (value === undefined) return fallback
  const expected = 'a single character other than CR and LF'
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  if (value.length > 2 || !/^[^\p{Surrogate}\r\n]$/u.test(value)) throw wrong(name, expected, value)
  return value
}

/**
 * @param {unknown} value
 * @param {'\r\n' | '\n'} fallback
 * @returns {'\r\n' | '\n'}
 */
function lineEndingOption(value, fallback) {
  if (value === undefined) return fallback
  if (value === '\r\n' || value === '\n') return value
  const name = 'options.lineEnding'
  const expected = String.raw`'\r\n' or '\n'`
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  throw wrong(name, expected, value)
}

/**
 * Whether a text between two delimiters would be read as that text though no quotes be around it.
 * @param {string} text
 * @param {Signs} signs
 */
function readsBare(text, { delimiter, quote, escape }) {
  // The end of the text may, with the start of a long delimiter after it, look like the delimiter.
  return !/[\r\n]/.test(text) && !text.includes(quote) && !text.includes(escape) && (text + delimiter).indexOf(delimiter) === text.length
}

/**
 * @param {string} name
 * @param {string} expected
 * @param {string} value
 */
function wrong(name, expected, value) {
  return argumentError('RangeError', `${name} must be ${expected}; got ${show(value)}`)
}

/** @param {string} value */
function show(value) {
  return JSON.stringify(value.slice(0, 20))
}

module.exports = { signsOption, readsBare, wrong, show }
