'use strict'

// How each kind of value is written, for all columns and for single ones: the option `format`.

const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { patternOption, timeZoneOption } = require('./date-pattern.js')
const { wrong } = require('./signs.js')

/** Of the text for null, say. In UTF-16 units. */
const MAX_TEXT = 1024

/** As in `Number.prototype.toFixed`. */
const MAX_DECIMALS = 100

/** @typedef {'iso' | 'date' | 'epoch-ms' | { pattern: string, timeZone: string }} DateFormat */
/**
 * What a caller chose, checked.
 * @typedef {object} Format
 * @property {number} [decimals]
 * @property {string} [decimalSeparator]
 * @property {DateFormat} [date]
 * @property {[string, string]} [boolean]
 * @property {string} [null]
 * @property {string} [undefined]
 * @property {'base64' | 'hex' | 'postgres'} [bytes]
 */
/**
 * The same, complete, as the native side takes it: `FormatArgument` in src/node/csv_style.rs.
 * @typedef {object} FormatArgument
 * @property {number | undefined} decimals
 * @property {string} decimalSeparator
 * @property {'iso' | 'date' | 'epoch-ms' | 'pattern'} date
 * @property {string | undefined} pattern
 * @property {string | undefined} timeZone
 * @property {string} trueText
 * @property {string} falseText
 * @property {string} nullText
 * @property {string} undefinedText
 * @property {'base64' | 'hex' | 'postgres'} bytes
 */

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {Format | undefined}
 */
function formatOption(name, value) {
  if (value === undefined) return undefined
  const copy = check.options(name, value, ['number', 'date', 'boolean', 'null', 'undefined', 'bytes'])
  const number = check.options(`${name}.number`, copy.number, ['decimals', 'decimalSeparator'])
  const bytes = check.oneOf(`${name}.bytes`, copy.bytes, /** @type {const} */ (['base64', 'hex']), undefined)
  return given({
    decimals: check.integer(`${name}.number.decimals`, number.decimals, 0, MAX_DECIMALS, undefined),
    decimalSeparator: separator(`${name}.number.decimalSeparator`, number.decimalSeparator),
    date: date(`${name}.date`, copy.date),
    boolean: boolean(`${name}.boolean`, copy.boolean),
    null: copy.null === undefined ? undefined : text(`${name}.null`, copy.null),
    undefined: copy.undefined === undefined ? undefined : text(`${name}.undefined`, copy.undefined),
    bytes
  })
}

/**
 * Without what is undefined, so that it can be spread over others.
 * @param {{ [K in keyof Format]: Format[K] | undefined }} format
 * @returns {Format}
 */
function given(format) {
  return Object.fromEntries(Object.entries(format).filter(([, value]) => value !== undefined))
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function separator(name, value) {
  if (value === undefined) return undefined
  const expected = 'a single character other than a letter, a digit, a sign, CR and LF'
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  if (value.length > 2 || !/^[^\p{Surrogate}\p{L}\p{N}+\-\r\n]$/u.test(value)) throw wrong(name, expected, value)
  return value
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {DateFormat | undefined}
 */
function date(name, value) {
  if (value === undefined) return undefined
  if (value === 'iso' || value === 'date' || value === 'epoch-ms') return value
  const expected = "'iso', 'date', 'epoch-ms' or { pattern, timeZone }"
  if (typeof value === 'string') throw wrong(name, expected, value)
  if (value === null || typeof value !== 'object') throw check.typeError(name, expected, value)
  const { pattern, timeZone } = check.options(name, value, ['pattern', 'timeZone'])
  return { pattern: patternOption(`${name}.pattern`, pattern), timeZone: timeZoneOption(`${name}.timeZone`, timeZone) }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {[string, string] | undefined}
 */
function boolean(name, value) {
  if (value === undefined) return undefined
  const expected = "an array of two strings, such as ['yes', 'no']"
  /** @type {unknown[] | undefined} */
  let texts
  try {
    if (Array.isArray(value) && value.length === 2) texts = [value[0], value[1]]
  } catch (cause) {
    throw argumentError('TypeError', `${name} could not be read`, { cause })
  }
  if (texts === undefined) throw check.typeError(name, expected, value)
  return [text(`${name}[0]`, texts[0]), text(`${name}[1]`, texts[1])]
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function text(name, value) {
  const expected = `a string of at most ${MAX_TEXT} characters`
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  if (value.length > MAX_TEXT) throw argumentError('RangeError', `${name} must be ${expected}; got ${value.length}`)
  return value
}

/**
 * One complete format for all columns, and those of the columns that differ, each once.
 * @param {readonly Format[]} general of which a later one wins
 * @param {readonly { format?: Format | undefined }[]} columns
 * @param {(format: FormatArgument, name: string) => void} verify is called once a format; throws if it cannot be used
 * @returns {{ formats: FormatArgument[], columnFormats: number[] }} columns beyond the end have the first format
 */
function formatTable(general, columns, verify) {
  const base = Object.assign({}, ...general)
  const formats = [complete(base)]
  verify(formats[0], 'options.format')
  const places = new Map([[JSON.stringify(formats[0]), 0]])
  /** @type {number[]} */
  const columnFormats = []
  for (const [index, { format }] of columns.entries()) {
    if (format === undefined) continue
    const own = complete({ ...base, ...format })
    const key = JSON.stringify(own)
    let place = places.get(key)
    if (place === undefined) {
      verify(own, `options.columns[${index}].format`)
      place = formats.push(own) - 1
      places.set(key, place)
    }
    while (columnFormats.length < index) columnFormats.push(0)
    columnFormats.push(place)
  }
  return { formats, columnFormats }
}

/**
 * @param {Format} format
 * @returns {FormatArgument}
 */
function complete(format) {
  const { date = 'iso', null: nullText = '' } = format
  const [trueText, falseText] = format.boolean ?? ['true', 'false']
  const patterned = typeof date === 'object'
  return {
    decimals: format.decimals,
    decimalSeparator: format.decimalSeparator ?? '.',
    date: patterned ? 'pattern' : date,
    pattern: patterned ? date.pattern : undefined,
    timeZone: patterned ? date.timeZone : undefined,
    trueText,
    falseText,
    nullText,
    undefinedText: format.undefined ?? nullText,
    bytes: format.bytes ?? 'base64'
  }
}

/**
 * What of a format is written as it stands, by the names of the options.
 * @param {FormatArgument} format
 * @returns {[string, string][]}
 */
function textsOf({ trueText, falseText, nullText, undefinedText }) {
  return [['boolean[0]', trueText], ['boolean[1]', falseText], ['null', nullText], ['undefined', undefinedText]]
}

module.exports = { formatOption, formatTable, textsOf }
