'use strict'

// Any rows, by any options, read back by csv-parse: what it reads is what the documentation says that is written.

const assert = require('node:assert/strict')
const { Readable } = require('node:stream')
const { after, test } = require('node:test')
const zlib = require('node:zlib')
const { parse } = require('csv-parse/sync')
const fc = require('fast-check')
const { createCsvTransform, exportCsv, exportCsvStream } = require('..')
const { exportOptions } = require('../lib/csv/options.js')
const { idle } = require('./support/pool.js')

after(idle)

// ---- what there is to write ------------------------------------------------------------------------

/** Text in which what is special to some dialect is common. */
const awkward = fc.string({ unit: fc.constantFrom(',', ';', '"', "'", '|', '\\', '^', '\t', '\n', '\r', '\0', ' ', '=', '+', '-', '@', '.', '0', '1', 'a', 'b', 'é', '→', '＝', '😀', 'NULL') })
const texts = fc.oneof(awkward, fc.string({ unit: 'binary' }), fc.constantFrom('', 'NULL', '-', 'true', '\\.', '\ufeff', '\ud800', 'a\udc00b', '-5', '+1e5', '-1,5'))
const days = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
const values = fc.oneof(
  { weight: 4, arbitrary: texts },
  { weight: 2, arbitrary: fc.double() },
  fc.integer(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
  fc.boolean(),
  days,
  fc.constantFrom(null, undefined),
  fc.uint8Array({ maxLength: 40 }),
  fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), { maxKeys: 3, noNullPrototype: true }),
  fc.bigInt().map((units) => decimal(units))
)

/** As decimal.js and Prisma have them: three decimals, exponential where it suits them. */
function decimal(units) {
  const digits = (units < 0n ? -units : units).toString().padStart(4, '0')
  const text = `${units < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`
  return { units, toFixed: () => text, toString: () => '1e+3', toJSON: () => '1e+3' }
}

const tables = fc.integer({ min: 1, max: 5 }).chain((width) =>
  fc.record({
    names: fc.array(texts, { minLength: width, maxLength: width }),
    rows: fc.array(fc.array(values, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 })
  })
)

// ---- the options -----------------------------------------------------------------------------------

const formats = fc.record({
  number: fc.record({ decimals: fc.constantFrom(0, 1, 2, 7), decimalSeparator: fc.constantFrom('.', ',', '·') }, { requiredKeys: [] }),
  date: fc.constantFrom('iso', 'date', 'epoch-ms', { pattern: 'yyyy-MM-dd HH:mm:ss' }),
  boolean: fc.constantFrom(['true', 'false'], ['1', '0'], ['a,b', '"']),
  null: fc.constantFrom('', 'NULL', '-', '\\N', '"'),
  undefined: fc.constantFrom('', 'void', 'a|'),
  bytes: fc.constantFrom('base64', 'hex')
}, { requiredKeys: [] })
const optionals = {
  dialect: fc.constantFrom('rfc4180', 'excel', 'tsv', 'postgres'),
  delimiter: fc.constantFrom(',', ';', '\t', '|', ' ', '1', '||', '→', 'aba', '-- ', '\0'),
  quote: fc.constantFrom('"', "'", '|', 'a'),
  escape: fc.constantFrom('\\', '^', '"', "'"),
  lineEnding: fc.constantFrom('\n', '\r\n'),
  bom: fc.boolean(),
  quoting: fc.constantFrom('minimal', 'all', 'strings'),
  formulas: fc.constantFrom('keep', 'escape'),
  format: formats,
  header: fc.boolean(),
  compress: fc.constantFrom(undefined, 'gzip')
}
const usable = (options) => {
  try {
    exportOptions(options, [], () => {})
    return true
  } catch {
    return false
  }
}
const choices = fc.oneof(
  fc.record({ ...optionals, encoding: fc.constantFrom('utf8', 'utf16le') }, { requiredKeys: [] }),
  fc.record({ ...optionals, encoding: fc.constant('latin1'), replacement: fc.constantFrom('?', '', ',"') }, { requiredKeys: ['encoding', 'replacement'] })
).filter(usable)

// ---- what they say ---------------------------------------------------------------------------------

const NUMBER = /^[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?$/

/** @returns {string | null} what a reader finds */
function expected(value, style, format) {
  if (value === null) return format.nullText
  if (value === undefined) return format.undefinedText
  switch (typeof value) {
    case 'string':
      return string(value, style)
    case 'boolean':
      return value ? format.trueText : format.falseText
    case 'number':
      return separated(format.decimals === undefined ? String(value) : value.toFixed(format.decimals), format)
    case 'bigint':
      return separated(rounded(value * 1000n, format.decimals ?? 0), format)
    default:
  }
  if (value instanceof Date) return date(value, format)
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value)
    return string(format.bytes === 'postgres' ? `\\x${bytes.toString('hex')}` : bytes.toString(format.bytes), style)
  }
  if ('units' in value && typeof value.units === 'bigint') return separated(format.decimals === undefined ? value.toFixed() : rounded(value.units, format.decimals), format)
  return string(JSON.stringify(value), style)
}

function string(value, { encoding, replacement, formulas }) {
  const written = encoding === 'latin1' ? value.replace(/[^\0-\xff]/gu, () => replacement) : value.toWellFormed()
  const isFormula = /^\0*[=+\-@\t\r\n＝＋－＠]/.test(written) && !NUMBER.test(written)
  return formulas === 'escape' && isFormula ? `'${written}` : written
}

function separated(text, { decimalSeparator }) {
  return text.replace('.', () => decimalSeparator)
}

/** Thousandths with so many decimals, half away from zero. */
function rounded(units, decimals) {
  const negative = units < 0n
  let digits = negative ? -units : units
  const missing = decimals - 3
  if (missing >= 0) digits *= 10n ** BigInt(missing)
  else digits = (digits + 5n * 10n ** BigInt(-missing - 1)) / 10n ** BigInt(-missing)
  const text = digits.toString().padStart(decimals + 1, '0')
  const at = text.length - decimals
  return `${negative ? '-' : ''}${text.slice(0, at)}${decimals > 0 ? `.${text.slice(at)}` : ''}`
}

function date(value, { date, pattern }) {
  if (date === 'epoch-ms') return String(value.getTime())
  const iso = value.toISOString()
  if (date === 'date') return iso.slice(0, 10)
  return pattern === undefined ? iso : iso.slice(0, 19).replace('T', ' ')
}

/** The output, read by csv-parse: strings, and null for what the dialect keeps apart. */
function readBack(bytes, { style, compress }) {
  const { delimiter, quote, escape, lineEnding, bom, encoding, keepNullsApart } = style
  const plain = compress.kind === 'gzip' ? zlib.gunzipSync(bytes) : bytes
  const text = encoding === 'utf16le' ? plain.toString('utf16le') : plain.toString(encoding === 'latin1' ? 'latin1' : 'utf8')
  // A byte order mark is one only where it was asked for: a text may begin with it.
  if (bom && text !== '') assert.equal(text[0], '\ufeff')
  const options = { delimiter, quote, escape, record_delimiter: lineEnding, skip_empty_lines: false, relax_column_count: false }
  return parse(bom ? text.slice(1) : text, { ...options, cast: (value, { quoting }) => (keepNullsApart && value === '' && !quoting ? null : value) })
}

/** What a reader of the table finds. */
function table({ names, rows }, { style, settings }) {
  const { formats, columnFormats, keepNullsApart } = style
  const cells = rows.map((row) => row.map((value, column) => {
    const format = formats[columnFormats[column] ?? 0]
    const text = expected(value, style, format)
    return keepNullsApart && (value === null || value === undefined) && text === '' ? null : text
  }))
  return settings.header ? [names.map((name) => string(name, style)), ...cells] : cells
}

test('any rows, any options', async () => {
  await fc.assert(
    fc.asyncProperty(tables, choices, formats, fc.boolean(), async ({ names, rows }, options, own, later) => {
      const columns = names.map((header, index) => (index === 1 ? { header, format: own } : { header }))
      fc.pre(usable({ ...options, columns }))
      const checked = exportOptions({ ...options, columns }, [], () => {})
      const bytes = await exportCsv(later ? rows.values() : rows, { ...options, columns })
      assert.deepEqual(readBack(bytes, checked), table({ names, rows }, checked))
    }),
    { numRuns: 2000 }
  )
})

test('many rows, so that there are many batches, by every way', async () => {
  await fc.assert(
    fc.asyncProperty(tables, choices, fc.integer({ min: 200, max: 1000 }), async ({ names, rows }, options, times) => {
      const columns = names.map((header) => ({ header }))
      const checked = exportOptions({ ...options, columns }, [], () => {})
      const long = Array.from({ length: times }, () => rows).flat()
      const once = table({ names, rows }, checked)
      const head = checked.settings.header ? 1 : 0
      const all = [...once.slice(0, head), ...Array.from({ length: times }, () => once.slice(head)).flat()]
      const bytes = await exportCsv(long, { ...options, columns })
      assert.deepEqual(readBack(bytes, checked), all)
      const stream = exportCsvStream(Readable.from(long), { ...options, columns })
      const transform = createCsvTransform({ ...options, columns })
      for (const other of [stream, Readable.from(long).pipe(transform)]) assert.deepEqual(readBack(Buffer.concat(await other.toArray()), checked), all)
    }),
    { numRuns: 15 }
  )
})

test('what quoting none writes is what minimal writes, or it is refused', async () => {
  await fc.assert(
    fc.asyncProperty(tables, choices, async ({ names, rows }, options) => {
      const columns = names.map((header) => ({ header }))
      const asked = { ...options, columns, compress: undefined }
      fc.pre(usable({ ...asked, quoting: 'none' }))
      const minimal = await exportCsv(rows, { ...asked, quoting: 'minimal' })
      const { style } = exportOptions(asked, [], () => {})
      const encoding = style.encoding === 'utf8' ? 'utf8' : style.encoding
      try {
        const none = await exportCsv(rows, { ...asked, quoting: 'none' })
        assert.equal(none.toString(encoding), minimal.toString(encoding))
      } catch (error) {
        if (error.code !== 'ERR_CSV_VALUE') throw error
        assert.ok(minimal.toString(encoding).includes(style.quote))
      }
    }),
    { numRuns: 500 }
  )
})

test('formulas: reject refuses what escape would change, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(values, { minLength: 2, maxLength: 2 }), { minLength: 1 }), async (rows) => {
      const [kept, escaped] = await Promise.all(['keep', 'escape'].map((formulas) => exportCsv(rows, { formulas, quoting: 'all' })))
      const rejected = await exportCsv(rows, { formulas: 'reject', quoting: 'all' }).catch((error) => error)
      if (kept.equals(escaped)) {
        assert.ok(kept.equals(rejected))
      } else {
        assert.equal(rejected.code, 'ERR_CSV_VALUE')
        const { style } = exportOptions({ formulas: 'escape' }, [], () => {})
        const first = rows.findIndex((row) => row.some((value) => expected(value, style, style.formats[0]) !== expected(value, { ...style, formulas: 'keep' }, style.formats[0])))
        assert.equal(rejected.row, first)
      }
    }),
    { numRuns: 500 }
  )
})
