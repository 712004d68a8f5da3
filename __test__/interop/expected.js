'use strict'

// What is to stand in a cell of the file: a second, slow reading of the documentation, sharing nothing with what is tested.

const { JSON_OF } = require('./tables.js')

/**
 * @typedef {object} Style the options with their defaults
 * @property {string} dialect
 * @property {string} delimiter
 * @property {string} quote
 * @property {string} escape
 * @property {'\n' | '\r\n'} lineEnding
 * @property {boolean} bom
 * @property {'utf8' | 'utf16le' | 'latin1'} encoding
 * @property {string | undefined} replacement
 * @property {'minimal' | 'all' | 'strings' | 'none'} quoting
 * @property {'keep' | 'escape' | 'reject'} formulas
 * @property {any} format
 * @property {'none' | 'gzip' | 'zstd'} compress
 * @property {boolean} apart null is told apart from the empty string
 */

/**
 * @typedef {object} Expected
 * @property {unknown} value what was given
 * @property {string} kind 'missing', 'string', 'number', 'integer', 'decimal', 'date', 'boolean', 'json', 'bytes'
 * @property {string} text as it is to be read
 * @property {boolean} quoted
 */

const DIALECTS = {
  rfc4180: { delimiter: ',', lineEnding: '\r\n', bom: false, formulas: 'keep', format: {} },
  tsv: { delimiter: '\t', lineEnding: '\n', bom: false, formulas: 'keep', format: {} },
  postgres: { delimiter: ',', lineEnding: '\n', bom: false, formulas: 'keep', format: { bytes: 'postgres' } },
  excel: { delimiter: ',', lineEnding: '\r\n', bom: true, formulas: 'escape', format: { date: { pattern: 'yyyy-MM-dd HH:mm:ss' }, boolean: ['TRUE', 'FALSE'] } }
}

/**
 * @param {any} options those of an export
 * @returns {Style}
 */
function styleOf(options) {
  const dialect = options.dialect ?? 'rfc4180'
  const { compress = 'none', format = {} } = options
  const style = { dialect, quote: '"', encoding: 'utf8', replacement: undefined, quoting: 'minimal', ...DIALECTS[dialect], ...options }
  style.escape = options.escape ?? style.quote
  style.format = { ...DIALECTS[dialect].format, ...format }
  style.compress = typeof compress === 'string' ? compress : Object.keys(compress)[0]
  style.apart = dialect === 'postgres' || (style.format.null ?? '') !== ''
  return style
}

/**
 * @param {unknown} value
 * @param {Style} style
 * @param {{ only: boolean }} place only: the row has no other column
 * @returns {Expected}
 */
function expected(value, style, { only }) {
  const nullText = style.format.null ?? ''
  const { kind, text: written } = describe(value, style)
  let text = written
  const guarded = kind === 'string' || kind === 'json' || kind === 'bytes'
  if (guarded && style.formulas === 'escape' && isFormula(text)) text = `'${text}`
  if (style.encoding === 'latin1') text = [...text].map((character) => (character > '\xff' ? style.replacement : character)).join('')
  const stringy = guarded
  let quoted = [style.delimiter, style.quote, style.escape, '\r', '\n'].some((what) => text.includes(what)) ||
    `${text}${style.delimiter}`.indexOf(style.delimiter) < text.length ||
    (stringy && text !== '' && [nullText, style.format.undefined].includes(text))
  if (style.dialect === 'postgres') quoted ||= (stringy && text === '') || text === '\\.'
  else quoted ||= only && text === ''
  if (style.quoting === 'all') quoted = !(kind === 'missing' && style.dialect === 'postgres')
  if (style.quoting === 'strings') quoted ||= stringy
  return { value, kind, text, quoted }
}

/**
 * @param {unknown} value
 * @param {Style} style
 */
function describe(value, { format, dialect }) {
  const nullText = format.null ?? ''
  if (value === null) return { kind: 'missing', text: nullText }
  if (value === undefined) return { kind: 'missing', text: format.undefined ?? nullText }
  switch (typeof value) {
    case 'string':
      return { kind: 'string', text: value.toWellFormed() }
    case 'boolean':
      return { kind: 'boolean', text: (format.boolean ?? ['true', 'false'])[value ? 0 : 1] }
    case 'number':
      return { kind: 'number', text: separated(format.number?.decimals === undefined ? String(value) : value.toFixed(format.number.decimals), format) }
    case 'bigint':
      return { kind: 'integer', text: separated(rounded(String(value), format), format) }
    default:
  }
  if (value instanceof Date) return { kind: 'date', text: dialect === 'postgres' ? era(date(value, format.date ?? 'iso')) : date(value, format.date ?? 'iso') }
  if (JSON_OF.has(value)) return { kind: 'json', text: JSON_OF.get(value) }
  if (typeof value.toFixed === 'function') return { kind: 'decimal', text: separated(rounded(value.toFixed(), format), format) }
  const bytes = ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.from(value)
  const how = format.bytes ?? 'base64'
  return { kind: 'bytes', text: how === 'postgres' ? `\\x${bytes.toString('hex')}` : bytes.toString(how) }
}

/** Exact digits, half away from zero. */
function rounded(text, { number }) {
  if (number?.decimals === undefined) return text
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  const { decimals } = number
  const kept = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0')) + (fraction[decimals] >= '5' ? 1n : 0n)
  const digits = String(kept).padStart(decimals + 1, '0')
  return `${sign}${digits.slice(0, digits.length - decimals)}${decimals > 0 ? '.' : ''}${digits.slice(digits.length - decimals)}`
}

function separated(text, { number }) {
  return text.replace('.', number?.decimalSeparator ?? '.')
}

/** @param {Date} value */
function date(value, how) {
  if (how === 'iso') return value.toISOString()
  if (how === 'date') return value.toISOString().replace(/T.*/, '')
  if (how === 'epoch-ms') return String(Number(value))
  // The one pattern in these tables.
  if (how.pattern !== 'yyyy-MM-dd HH:mm:ss') throw new Error(`a pattern that is not known here: ${how.pattern}`)
  const [, , rest] = /^(.*?)(-\d\d-\d\dT\d\d:\d\d:\d\d)/.exec(value.toISOString())
  return `${String(value.getUTCFullYear()).padStart(4, '0')}${rest.replace('T', ' ')}`
}

/**
 * A year as PostgreSQL reads it: no sign, and before the year 1 those before Christ, of which there is no 0.
 * @param {string} text
 */
function era(text) {
  return text.replace(/^([+-]?\d+)(-\d\d-\d\d.*)$/, (_, digits, rest) => {
    const year = Number(digits)
    return year < 1 ? `${String(1 - year).padStart(4, '0')}${rest} BC` : `${String(year).padStart(4, '0')}${rest}`
  })
}

/** @param {string} text */
function isFormula(text) {
  return /^\0*[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$/.test(text)
}

module.exports = { expected, isFormula, rounded, styleOf }
