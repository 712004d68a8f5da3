'use strict'

// The options of an export, checked, with their defaults.

const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { fromOption } = require('./columns.js')
const { compressOption } = require('./compression.js')
const { DIALECT_NAMES, dialectOf } = require('./dialects.js')
const { formatOption, formatTable, textsOf } = require('./formats.js')
const { readsBare, show, signsOption } = require('./signs.js')

const OWN = /** @type {const} */ ([
  'columns', 'header', 'dialect', 'delimiter', 'quote', 'escape', 'lineEnding', 'bom', 'quoting', 'encoding',
  'replacement', 'format', 'formulas', 'compress', 'verify', 'maxBlockMs', 'onProgress'
])

const QUOTING = /** @type {const} */ (['minimal', 'all', 'strings', 'none'])
const ENCODINGS = /** @type {const} */ (['utf8', 'utf16le', 'latin1'])
const FORMULAS = /** @type {const} */ (['keep', 'escape', 'reject'])

/** In UTF-16 units. */
const MAX_REPLACEMENT = 16

/** @typedef {import('./signs.js').Signs} Signs */
/**
 * How the bytes look, as the native side takes it: `StyleArgument` in src/node/csv_style.rs.
 * @typedef {object} StyleOnly
 * @property {boolean} bom
 * @property {typeof QUOTING[number]} quoting
 * @property {typeof ENCODINGS[number]} encoding
 * @property {string | undefined} replacement
 * @property {typeof FORMULAS[number]} formulas
 * @property {boolean} keepNullsApart
 * @property {import('./formats.js').FormatArgument[]} formats
 * @property {number[]} columnFormats
 */
/** @typedef {Signs & StyleOnly} Style */
/**
 * What makes bytes of the rows.
 * @typedef {object} Output
 * @property {Style} style
 * @property {import('./compression.js').Compression} compress
 * @property {boolean} verify
 */

/**
 * @template J
 * @param {unknown} value
 * @param {readonly string[]} jobOptionNames
 * @param {(name: string, copy: Record<string, unknown>, lane: 'bulk') => J} jobOptions
 * @returns {Output & { settings: import('./export.js').Settings, job: J }}
 */
function exportOptions(value, jobOptionNames, jobOptions) {
  const copy = check.options('options', value, [...OWN, ...jobOptionNames])
  const header = check.boolean('options.header', copy.header, true)
  const { onProgress } = copy
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw check.typeError('options.onProgress', 'a function', onProgress)
  }
  const columns = fromOption(copy.columns, header)
  const style = isPlain(copy, columns) ? plainStyle() : styleOption(copy, columns ?? [])
  const verify = check.boolean('options.verify', copy.verify, false)
  if (verify) checkVerifiable(style)
  return {
    settings: {
      columns,
      header,
      maxBlockMs: check.number('options.maxBlockMs', copy.maxBlockMs, 0.1, 1000, 4),
      onProgress: /** @type {import('./export.js').Settings['onProgress']} */ (onProgress)
    },
    style,
    compress: compressOption(copy.compress),
    verify,
    job: jobOptions('options', copy, 'bulk')
  }
}

const STYLE_OPTIONS = /** @type {const} */ ([
  'dialect', 'delimiter', 'quote', 'escape', 'lineEnding', 'bom', 'quoting', 'encoding', 'replacement', 'format', 'formulas'
])

/**
 * Whether all of the style is as by default.
 * @param {Record<string, unknown>} copy
 * @param {readonly import('./columns.js').Column[] | undefined} columns
 */
function isPlain(copy, columns) {
  for (const name of STYLE_OPTIONS) if (copy[name] !== undefined) return false
  return columns === undefined || columns.every(({ format }) => format === undefined)
}

/** @type {Style | undefined} */
let plain

/** The style of the default options, one object each time. */
function plainStyle() {
  plain ??= Object.freeze(styleOption({}, []))
  return plain
}

/**
 * @param {Record<string, unknown>} copy
 * @param {readonly import('./columns.js').Column[]} columns
 * @returns {Style}
 */
function styleOption(copy, columns) {
  const dialect = dialectOf(check.oneOf('options.dialect', copy.dialect, DIALECT_NAMES, 'rfc4180'))
  const signs = signsOption(copy, dialect)
  const encoding = check.oneOf('options.encoding', copy.encoding, ENCODINGS, 'utf8')
  const latin1 = encoding === 'latin1'
  const bom = check.boolean('options.bom', copy.bom, dialect.bom && !latin1)
  if (bom && latin1) throw argumentError('TypeError', "options.bom must be false with encoding 'latin1', which has no byte order mark; got true")
  const quoting = check.oneOf('options.quoting', copy.quoting, QUOTING, 'minimal')
  const replacement = replacementOption(copy.replacement, latin1)
  if (latin1) for (const name of /** @type {const} */ (['delimiter', 'quote', 'escape'])) checkLatin1(`options.${name}`, signs[name])
  const own = formatOption('options.format', copy.format)
  const table = formatTable(own === undefined ? [dialect.format] : [dialect.format, own], columns, (format, name) => {
    for (const [text, value] of textsOf(format)) {
      if (latin1) checkLatin1(`${name}.${text}`, value)
      if (quoting === 'none' && !readsBare(value, signs)) {
        throw argumentError('RangeError', `${name}.${text} must be free of delimiter, quote, escape, CR and LF with quoting 'none'; got ${show(value)}`)
      }
    }
    if (!latin1) return
    checkLatin1(`${name}.number.decimalSeparator`, format.decimalSeparator)
    checkLatin1(`${name}.date.pattern`, format.pattern ?? '')
  })
  return {
    ...signs,
    bom,
    quoting,
    encoding,
    replacement,
    formulas: check.oneOf('options.formulas', copy.formulas, FORMULAS, dialect.formulas),
    keepNullsApart: dialect.keepNullsApart,
    ...table
  }
}

/**
 * @param {unknown} value
 * @param {boolean} latin1
 */
function replacementOption(value, latin1) {
  if (value === undefined) return undefined
  const name = 'options.replacement'
  const expected = `a string of at most ${MAX_REPLACEMENT} characters`
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  if (value.length > MAX_REPLACEMENT) throw argumentError('RangeError', `${name} must be ${expected}; got ${value.length}`)
  if (!latin1) throw argumentError('TypeError', `${name} must be left out without encoding 'latin1': the other encodings have every character`)
  checkLatin1(name, value)
  return value
}

/**
 * @param {string} name
 * @param {string} value
 */
function checkLatin1(name, value) {
  const strange = /[^\0-\xff]/u.exec(value)
  if (strange === null) return
  throw argumentError('RangeError', `${name} must be of latin1's characters, as options.encoding says; got ${show(strange[0])}`)
}

/**
 * What reads the output back knows signs of one byte only.
 * @param {Signs} signs
 */
function checkVerifiable(signs) {
  for (const name of /** @type {const} */ (['delimiter', 'quote', 'escape'])) {
    if (!/^[\0-\x7f]$/.test(signs[name])) {
      throw argumentError('TypeError', `options.${name} must be a single ASCII character with verify: true; got ${show(signs[name])}`)
    }
  }
}

module.exports = { exportOptions }
