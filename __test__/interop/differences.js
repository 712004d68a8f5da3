'use strict'

// All that is not read back as it was given, each with its reason; and what a reader cannot be asked for at all.
// A difference that no cell showed fails a whole run: it is to be taken out.

/** @typedef {import('./expected.js').Style} Style */

const bytes = (text) => Buffer.byteLength(text)
const characters = (text) => [...text].length
const plainFormat = ({ format, dialect }) => dialect !== 'excel' && Object.keys(format).every((name) => name === 'bytes' || name === 'null')

/** @type {[string, (style: Style, table: string) => boolean]} */
const BLANK = [
  "an empty line, PostgreSQL's null in a table of one column: most take it for no row",
  ({ dialect, format }, table) => dialect === 'postgres' && (format.null ?? '') === '' && table === 'single'
]

/**
 * The styles that a reader has no options for, as its documentation says, or what it cannot tell apart.
 * @type {Record<string, [string, (style: Style, table: string) => boolean][]>}
 */
const CANNOT = {
  'csv crate': [
    BLANK,
    ['a delimiter of several bytes', ({ delimiter }) => bytes(delimiter) > 1],
    ['UTF-16', ({ encoding }) => encoding === 'utf16le'],
    ['zstd, which the example does not unpack', ({ compress }) => compress === 'zstd']
  ],
  'csv-parse': [
    ['zstd, which zlib has since Node.js 22.15', ({ compress }) => compress === 'zstd' && require('node:zlib').zstdDecompressSync === undefined]
  ],
  'python csv': [
    BLANK,
    ['a delimiter of several characters', ({ delimiter }) => characters(delimiter) > 1],
    ['zstd, which its library has since 3.14', ({ compress }) => compress === 'zstd']
  ],
  pandas: [
    BLANK,
    ['a delimiter of several characters, which it takes for a regular expression that knows no quotes', ({ delimiter }) => characters(delimiter) > 1]
  ],
  'pandas, typed': [
    ['a delimiter that only its parser in Python takes', ({ delimiter }) => bytes(delimiter) > 1],
    ['other texts than its types have', (style) => !plainFormat(style) || (style.format.null ?? '') !== '']
  ],
  duckdb: [
    ['a delimiter of more than four bytes', ({ delimiter }) => bytes(delimiter) > 4]
  ],
  'duckdb, typed': [
    ['a delimiter of more than four bytes', ({ delimiter }) => bytes(delimiter) > 4],
    ['other texts than its types have', (style) => !plainFormat(style) || style.formulas !== 'keep']
  ],
  postgres: [
    ['another dialect: bytea is hexadecimal', ({ dialect }) => dialect !== 'postgres'],
    ['compressed files', ({ compress }) => compress !== 'none']
  ],
  libreoffice: [
    ['delimiters that a spreadsheet is not given', ({ delimiter }) => ![',', ';', '\t'].includes(delimiter)],
    ['other quotes and escapes', ({ quote, escape, quoting }) => quote !== '"' || escape !== '"' || quoting === 'none'],
    ['compressed files', ({ compress }) => compress !== 'none'],
    ['the dialects of others', ({ dialect, format }) => dialect === 'postgres' || (format.null ?? '') !== '']
  ],
  'libreoffice, typed': [
    ['another dialect', ({ dialect }) => dialect !== 'excel']
  ]
}

/** Its UTF-16 has no surrogates, and its latin1 no C1 control characters: "File is not latin-1 encoded". */
function inDuckdb({ encoding }) {
  return { utf8: {}, utf16le: { astral: false }, latin1: { c1: false } }[encoding]
}

/** What a reader cannot take of any table. @type {Record<string, (style: Style) => import('./tables.js').Traits>} */
const LEAVES_OUT = {
  duckdb: inDuckdb,
  // It reads years as ISO 8601 has them between 1 and 9999 only.
  'duckdb, typed': (style) => ({ ...inDuckdb(style), far: false }),
  // No text of PostgreSQL's has a NUL. Other centuries have a variant of their own.
  postgres: () => ({ nul: false, far: false }),
  // Excel's longest text is 32,767 units, Calc's 65,535.
  libreoffice: () => ({ longest: 32_767 })
}

/**
 * What a flat OpenDocument file has of a text.
 * @param {string} text
 */
function inSheet(text) {
  const read = text
    // A line of a cell is a paragraph, whatever ended it.
    .replace(/\r\n|\n\r|\r/g, '\n')
    // XML 1.0 has no other control characters (https://www.w3.org/TR/xml/#charsets).
    .replace(/(?![\t\n])[\p{Cc}\ufffe\uffff]/gu, (character) => (character < ' ' || character > '\x9f' ? '' : character))
  // LibreOffice (7.4) writes no tabs of cells that have several lines.
  return read.includes('\n') && read.includes('\t') ? like(read, (one) => one.replaceAll('\t', '')) : read
}

const GREGORIAN = Date.UTC(1582, 9, 15)
const anything = () => true

/** What is the same once both are simplified. */
function like(wanted, simplified) {
  return Object.assign((found) => simplified(found) === simplified(wanted), { toJSON: () => wanted })
}

/**
 * @typedef {object} Difference
 * @property {string[]} readers
 * @property {string} reason
 * @property {(wanted: any, context: { cell: import('./expected.js').Expected, style: Style, table: import('./tables.js').Table, key: string, header: boolean }) => unknown} reads
 *   what is read instead of what is wanted
 */

/** @type {Difference[]} */
const DIFFERENCES = [
  {
    readers: ['libreoffice'],
    reason: 'a spreadsheet knows one kind of line end, XML few control characters, and cells of several lines lose their tabs',
    reads: (wanted) => inSheet(wanted)
  },
  {
    readers: ['libreoffice, typed'],
    reason: 'the calendar of spreadsheets is the Julian one before 15 October 1582, and has no year 0',
    reads: (wanted, { key, cell }) => (key === 'date' && cell.kind === 'date' && cell.value < GREGORIAN ? anything : wanted)
  }
]

const seen = new Set()

/** What a reader makes of a cell. */
function differences(reader, { wanted, ...context }) {
  let is = wanted
  for (const difference of DIFFERENCES) {
    if (!difference.readers.includes(reader)) continue
    const read = difference.reads(is, context)
    if (Object.is(read, is)) continue
    seen.add(difference)
    is = read
  }
  return is
}

/** Why a reader cannot read what is written so, if it cannot. */
function cannot(reader, style, table) {
  return CANNOT[reader].find(([, is]) => is(style, table))?.[0]
}

/** The differences of these readers that did not show. */
function unseen(readers) {
  return DIFFERENCES.filter((difference) => !seen.has(difference) && difference.readers.some((reader) => readers.includes(reader)))
}

module.exports = { LEAVES_OUT, cannot, differences, inSheet, unseen }
