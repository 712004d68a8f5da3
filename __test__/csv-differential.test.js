'use strict'

// What offloop writes against csv-stringify and papaparse, byte for byte. Each known difference is listed with its reason
// and with what offloop writes instead; one that no longer shows fails the test.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { stringify } = require('csv-stringify/sync')
const fc = require('fast-check')
const papaparse = require('papaparse')
const { exportCsv } = require('../index.js')

/** A dialect, in the options of each. */
const DIALECTS = [
  { ours: {}, stringify: {}, papaparse: {} },
  { ours: { lineEnding: '\n' }, stringify: {}, papaparse: {} },
  { ours: { delimiter: ';' }, stringify: { delimiter: ';' }, papaparse: { delimiter: ';' } },
  { ours: { delimiter: '\t', lineEnding: '\n' }, stringify: { delimiter: '\t' }, papaparse: { delimiter: '\t' } },
  { ours: { delimiter: '§' }, stringify: { delimiter: '§' }, papaparse: { delimiter: '§' } },
  { ours: { delimiter: '||' }, stringify: { delimiter: '||' }, papaparse: { delimiter: '||' } },
  { ours: { delimiter: ', ' }, stringify: { delimiter: ', ' }, papaparse: { delimiter: ', ' } },
  { ours: { dialect: 'tsv' }, stringify: { delimiter: '\t' }, papaparse: { delimiter: '\t' } },
  { ours: { quote: "'" }, stringify: { quote: "'", escape: "'" }, papaparse: { quoteChar: "'", escapeChar: "'" } },
  { ours: { escape: '\\' }, stringify: { escape: '\\' }, papaparse: { escapeChar: '\\' } },
  { ours: { quoting: 'all' }, stringify: { quoted: true, quoted_empty: true }, papaparse: { quotes: true } },
  { ours: { quoting: 'strings' }, stringify: { quoted_string: true } },
  { ours: { formulas: 'escape' }, stringify: { escape_formulas: true }, papaparse: { escapeFormulae: true } }
].map((dialect) => {
  const tsv = dialect.ours.dialect === 'tsv'
  const { delimiter = tsv ? '\t' : ',', quote = '"', lineEnding = tsv ? '\n' : '\r\n' } = dialect.ours
  return { ...dialect, delimiter, quote, escape: dialect.ours.escape ?? quote, lineEnding }
})

/** What each writes of a value, which is not the last of its row. */
const PEERS = {
  stringify: (value, dialect) => fieldOf(stringify([[value, 1]], { record_delimiter: dialect.lineEnding, ...dialect.stringify }), dialect, 'stringify'),
  papaparse: (value, dialect) => fieldOf(`${papaparse.unparse([[value, 1]], { newline: dialect.lineEnding, ...dialect.papaparse })}${dialect.lineEnding}`, dialect, 'papaparse')
}

function fieldOf(row, dialect, peer) {
  const one = dialect[peer].quoted === true || dialect[peer].quotes === true ? `${dialect.quote}1${dialect.quote}` : '1'
  const end = `${dialect.delimiter}${one}${dialect.lineEnding}`
  assert.ok(row.endsWith(end), JSON.stringify(row))
  return row.slice(0, -end.length)
}

function quoted(text, { quote, escape }) {
  const escaped = text.replaceAll(escape, () => escape + escape)
  return `${quote}${quote === escape ? escaped : escaped.replaceAll(quote, () => escape + quote)}${quote}`
}

/** Of a text that stands for itself, what offloop writes. */
function plain(text, dialect) {
  const { delimiter, quote, escape, ours } = dialect
  const needs = ours.quoting === 'all' || [delimiter, quote, escape, '\r', '\n'].some((what) => text.includes(what)) || `${text}${delimiter}`.indexOf(delimiter) < text.length
  return needs ? quoted(text, dialect) : text
}

const isString = (value) => typeof value === 'string'
const isText = (value) => isString(value) || (typeof value === 'object' && value !== null && !(value instanceof Date))
const textOf = (value) => (isString(value) ? value : JSON.stringify(value))
const isNumeric = (text) => /^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$/.test(text)
const string = (text, dialect) => (dialect.ours.quoting === 'strings' ? quoted(text, dialect) : plain(text, dialect))
const guarded = (dialect) => dialect.ours.formulas === 'escape'
const formula = (text) => /^\0*[=+\-@\t\r\n＝＋－＠]/.test(text) && !isNumeric(text)

/** The first that fits a value says what offloop writes. */
const DIFFERENCES = [
  {
    peer: 'stringify',
    reason: 'booleans are 1 and nothing, which tells false from nothing no more',
    when: (value) => typeof value === 'boolean',
    ours: (value, dialect) => plain(String(value), dialect)
  },
  {
    peer: 'stringify',
    reason: 'dates are milliseconds, which no spreadsheet takes for dates',
    when: (value) => value instanceof Date,
    ours: (value, dialect) => plain(value.toISOString(), dialect)
  },
  {
    peer: 'stringify',
    reason: 'numeric texts are made formulas of: -1 as a text is no formula; and one after a NUL or a line feed is left',
    when: (value, dialect) => guarded(dialect) && isText(value) && (isNumeric(textOf(value)) || /^[\0\n]/.test(textOf(value))),
    ours: (value, dialect) => plain(`${formula(textOf(value)) ? "'" : ''}${textOf(value)}`, dialect)
  },
  {
    peer: 'stringify',
    reason: 'CR and LF are quoted only as they end rows: readers that know each kind of line end break the row there',
    when: (value) => isText(value) && /[\r\n]/.test(textOf(value)),
    ours: (value, dialect) => quoted(`${guarded(dialect) && formula(textOf(value)) ? "'" : ''}${textOf(value)}`, dialect)
  },
  {
    peer: 'stringify',
    reason: 'the escape character alone is not quoted: some readers see it outside of quotes too',
    when: (value, { escape, quote }) => escape !== quote && isText(value) && textOf(value).includes(escape),
    ours: (value, dialect) => quoted(textOf(value), dialect)
  },
  {
    peer: 'stringify',
    reason: 'JSON is no string to it',
    when: (value, dialect) => dialect.ours.quoting === 'strings' && isText(value) && !isString(value),
    ours: (value, dialect) => quoted(textOf(value), dialect)
  },
  {
    peer: 'papaparse',
    reason: 'objects are [object Object], and arrays lose their brackets',
    when: (value) => isText(value) && !isString(value),
    ours: (value, dialect) => string(`${guarded(dialect) && formula(textOf(value)) ? "'" : ''}${textOf(value)}`, dialect)
  },
  {
    peer: 'papaparse',
    reason: 'dates after 9999 and before the year 0 lose their ends',
    when: (value) => value instanceof Date && value.toISOString().length > 24,
    ours: (value, dialect) => plain(value.toISOString(), dialect)
  },
  {
    peer: 'papaparse',
    reason: 'formulas: numeric texts are made formulas of; those of several lines, after a NUL or with full-width signs are left; an apostrophe brings quotes',
    when: (value, dialect) => guarded(dialect) && isString(value) && (formula(value) || /^[=+\-@\t\r]/.test(value)),
    ours: (value, dialect) => plain(`${formula(value) ? "'" : ''}${value}`, dialect)
  },
  {
    peer: 'papaparse',
    reason: 'the double quote is quoted even where another character is the quote',
    when: (value, { quote }) => quote !== '"' && isString(value) && value.includes('"'),
    ours: (value, dialect) => plain(value, dialect)
  },
  {
    peer: 'papaparse',
    reason: 'nothing is left without quotes when all have them',
    when: (value, dialect) => dialect.ours.quoting === 'all' && (value === null || value === undefined),
    ours: (value, dialect) => quoted('', dialect)
  },
  {
    peer: 'papaparse',
    reason: 'dates are left without quotes when all have them',
    when: (value, dialect) => dialect.ours.quoting === 'all' && value instanceof Date,
    ours: (value, dialect) => quoted(value.toISOString(), dialect)
  },
  {
    peer: 'papaparse',
    reason: 'the escape character is not escaped: a\\" ends the field early when read',
    when: (value, { escape, quote }) => escape !== quote && isString(value) && value.includes(escape),
    ours: (value, dialect) => quoted(value, dialect)
  },
  {
    peer: 'papaparse',
    reason: 'a text that ends with the beginning of a delimiter of several characters is not quoted',
    when: (value, dialect) => isString(value) && !value.includes(dialect.delimiter) && `${value}${dialect.delimiter}`.indexOf(dialect.delimiter) < value.length,
    ours: (value, dialect) => quoted(value, dialect)
  },
  {
    peer: 'papaparse',
    reason: 'spaces at the ends, and U+FEFF, are quoted: RFC 4180 says that they are part of a field',
    when: (value) => isString(value) && /^[ \ufeff]| $|\ufeff/.test(value),
    ours: (value, dialect) => plain(value, dialect)
  }
]

const seen = new Set()

/** What offloop is to write of a value, by what the peer writes and the list. */
function expected(peer, value, dialect) {
  const theirs = PEERS[peer](value, dialect)
  const difference = DIFFERENCES.find((one) => one.peer === peer && one.when(value, dialect))
  if (difference === undefined) return theirs
  const ours = difference.ours(value, dialect)
  if (ours !== theirs) seen.add(difference)
  return ours
}

const unit = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('"', "'", ',', ';', '\t', '|', '§', '\\', '\r', '\n', '\r\n', ' ', '=', '+', '-', '@', '＝', '1', '.', '\0', '\ufeff', 'a', 'ü', '😀') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom('\ud800', '\udc00') }
)
const text = fc.array(unit, { maxLength: 8 }).map((units) => units.join(''))
const value = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: fc.double() },
  fc.constantFrom(-0, 1e21, 1e-7, 5e-324, '-1', '+1,5', '1e5', ''),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: true }),
  fc.array(fc.oneof(fc.integer(), text.map((one) => one.toWellFormed())), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b'), fc.integer(), { minKeys: 1, noNullPrototype: true })
)
/** The last column is a number: there a field's end is the row's. */
const table = fc.integer({ min: 1, max: 4 }).chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }))

/** What shows each of the differences, whatever comes by chance. */
const SHOWING = [
  true, new Date(0), new Date(8.64e15), '-1', '+1,5', '\n=', '\0=', '＝1', '=1\n', '=1', 'a\rb', 'a\nb', 'a\\b', 'a\\"', "a'b", 'a"b', 'a|', 'a,', ' a', 'a ', '\ufeffa', null, '', [1], { a: 1 }, -1, 1e21
].map((value) => [value])

for (const peer of Object.keys(PEERS)) {
  const dialects = DIALECTS.filter((dialect) => dialect[peer] !== undefined)

  test(`tables, against ${peer}`, async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom(...dialects), fc.boolean(), async (rows, dialect, bom) => {
        const { delimiter, lineEnding, ours } = dialect
        const wanted = rows.map((row) => `${row.map((cell) => `${expected(peer, cell, dialect)}${delimiter}`).join('')}${ours.quoting === 'all' ? quoted('0', dialect) : '0'}${lineEnding}`)
        const written = await exportCsv(rows.map((row) => [...row, 0]), { ...ours, bom, header: false })
        // Halves of surrogate pairs are U+FFFD once encoded.
        assert.equal(written.toString(), Buffer.from(`${bom ? '\ufeff' : ''}${wanted.join('')}`).toString())
      }),
      { numRuns: 1500, examples: dialects.map((dialect) => [SHOWING, dialect, false]) }
    )
  })

  test(`names of columns, against ${peer}`, async () => {
    const names = fc.uniqueArray(text.map((name) => name.toWellFormed()), { minLength: 2, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(names, fc.constantFrom(...dialects), async (names, dialect) => {
        const { delimiter, lineEnding, ours } = dialect
        const row = names.map((name) => expected(peer, name, dialect)).join(delimiter)
        const written = await exportCsv([], { ...ours, columns: names.map((header, i) => ({ key: `k${i}`, header })) })
        assert.equal(written.toString(), `${row}${lineEnding}`)
      }),
      { numRuns: 300 }
    )
  })

  test(`each difference from ${peer} is one`, () => {
    const stale = DIFFERENCES.filter((one) => one.peer === peer && !seen.has(one))
    assert.deepEqual(stale.map(({ reason }) => reason), [])
  })
}

test('a row that is one empty cell: theirs are empty lines, which readers skip', async () => {
  const rows = [['a'], [''], [null], ['b']]
  assert.equal(stringify(rows), 'a\n\n\nb\n')
  assert.equal(papaparse.unparse(rows), 'a\r\n\r\n\r\nb')
  assert.equal(String(await exportCsv(rows, { header: false })), 'a\r\n""\r\n""\r\nb\r\n')
})
