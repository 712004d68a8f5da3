'use strict'

// The options that files are written with. `tables` are the tables that each is written for, `traits` what these must leave out.

/** @typedef {{ name: string, options: any, tables: string[], traits: import('./tables.js').Traits }} Variant */

const USUAL = ['everything', 'single']

/** @type {[string, any, { tables?: string[], traits?: import('./tables.js').Traits }?][]} */
const LIST = [
  ['rfc4180', {}, { tables: [...USUAL, 'long', 'headers'] }],
  ['line feeds', { lineEnding: '\n' }],
  ['BOM', { bom: true }],
  ['semicolons', { delimiter: ';' }],
  ['tabs', { delimiter: '\t' }],
  ['bars', { delimiter: '|' }],
  ['control characters', { delimiter: '\x01' }],
  ['section signs', { delimiter: '§' }],
  ['emoji', { delimiter: '😀' }],
  ['double bars', { delimiter: '||' }],
  ['arrows', { delimiter: '<->' }],
  ['apostrophes for quotes', { quote: "'" }],
  ['backslash escapes', { escape: '\\' }],
  ['backslash escapes, all quoted', { escape: '\\', quoting: 'all', lineEnding: '\n' }],
  ['all quoted', { quoting: 'all' }],
  ['strings quoted', { quoting: 'strings' }],
  ['none quoted', { quoting: 'none' }, { traits: { bare: true } }],
  ['a text for null', { format: { null: 'NULL' } }],
  ['texts for null, undefined, booleans; hex', { format: { null: '\\N', undefined: 'undefined', boolean: ['yes', 'no'], bytes: 'hex', date: 'epoch-ms' } }],
  ['decimal comma', { delimiter: ';', format: { number: { decimals: 2, decimalSeparator: ',' }, date: 'date' } }],
  ['formulas escaped', { formulas: 'escape' }, { tables: [...USUAL, 'headers'] }],
  ['UTF-16', { encoding: 'utf16le', bom: true }, { tables: [...USUAL, 'long'] }],
  ['UTF-16 without BOM, tabs', { encoding: 'utf16le', dialect: 'tsv' }],
  ['latin1', { encoding: 'latin1' }, { tables: [...USUAL, 'long'], traits: { latin1: true } }],
  ['latin1, all else replaced', { encoding: 'latin1', replacement: '?' }],
  ['gzip', { compress: 'gzip' }, { tables: [...USUAL, 'long'] }],
  ['gzip level 9, verified', { compress: { gzip: 9 }, verify: true }],
  ['gzip level 0', { compress: { gzip: 0 } }],
  ['zstd', { compress: 'zstd' }, { tables: [...USUAL, 'long'] }],
  ['zstd level 19', { compress: { zstd: 19 }, dialect: 'postgres' }],
  ['tsv', { dialect: 'tsv' }, { tables: [...USUAL, 'long', 'headers'] }],
  ['excel', { dialect: 'excel' }, { tables: [...USUAL, 'long', 'headers'], traits: { far: false } }],
  ['postgres', { dialect: 'postgres' }, { tables: [...USUAL, 'long'] }],
  ['postgres, other centuries', { dialect: 'postgres' }, { tables: ['calendar'] }],
  ['postgres, all quoted', { dialect: 'postgres', quoting: 'all' }],
  ['postgres, strings quoted, tabs', { dialect: 'postgres', quoting: 'strings', delimiter: '\t', lineEnding: '\r\n' }],
  ['postgres, backslash escapes', { dialect: 'postgres', escape: '\\' }],
  ['postgres, a text for null', { dialect: 'postgres', format: { null: '\\N' } }]
]

/** @type {Variant[]} */
const VARIANTS = LIST.map(([name, options, { tables = USUAL, traits = {} } = {}]) => ({ name, options, tables, traits }))

module.exports = { VARIANTS }
