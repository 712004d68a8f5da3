'use strict'

// What the options of an export come to: the dialects' defaults, what is given over them, columns' formats over both;
// and everything that is refused, with the option's name in the message.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { createCsvTransform, exportCsv, exportCsvStream } = require('..')
const { exportOptions } = require('../lib/csv/options.js')
const { JOB_OPTIONS, jobOptions } = require('../lib/job.js')
const bad = require('./support/bad-values.js')
const { each, refuses } = require('./support/refusals.js')

const { boom } = bad
const options = (value) => exportOptions(value, JOB_OPTIONS, jobOptions)
const style = (value) => options(value).style
const formats = (value) => style(value).formats

const PLAIN = {
  decimals: undefined, decimalSeparator: '.', date: 'iso', pattern: undefined, timeZone: undefined,
  trueText: 'true', falseText: 'false', nullText: '', undefinedText: '', bytes: 'base64'
}
const RFC4180 = {
  delimiter: ',', quote: '"', escape: '"', lineEnding: '\r\n', bom: false, quoting: 'minimal', encoding: 'utf8',
  replacement: undefined, formulas: 'keep', keepNullsApart: false, formats: [PLAIN], columnFormats: []
}
const EXCEL = {
  ...RFC4180, bom: true, formulas: 'escape',
  formats: [{ ...PLAIN, date: 'pattern', pattern: 'yyyy-MM-dd HH:mm:ss', timeZone: 'UTC', trueText: 'TRUE', falseText: 'FALSE' }]
}

test('without options', () => {
  for (const none of [undefined, {}, { dialect: undefined, format: undefined, columns: undefined, compress: undefined }]) {
    const { settings, style, compress, verify, job } = options(none)
    assert.deepEqual(settings, { columns: undefined, header: true, maxBlockMs: 4, onProgress: undefined })
    assert.deepEqual(style, RFC4180)
    assert.deepEqual(compress, { kind: 'none', level: 0 })
    assert.equal(verify, false)
    assert.deepEqual(job, { signal: undefined, timeoutMs: -1, lane: 1 })
  }
})

test('the dialects', () => {
  assert.deepEqual(style({ dialect: 'rfc4180' }), RFC4180)
  assert.deepEqual(style({ dialect: 'excel' }), EXCEL)
  assert.deepEqual(style({ dialect: 'tsv' }), { ...RFC4180, delimiter: '\t', lineEnding: '\n' })
  assert.deepEqual(style({ dialect: 'postgres' }), { ...RFC4180, lineEnding: '\n', keepNullsApart: true, formats: [{ ...PLAIN, bytes: 'postgres' }] })
})

test('what is given wins over the dialect', () => {
  const given = { delimiter: ';', quote: "'", escape: '\\', lineEnding: '\n', bom: false, quoting: 'all', encoding: 'utf16le', formulas: 'reject' }
  for (const dialect of ['rfc4180', 'excel', 'tsv', 'postgres']) {
    const { keepNullsApart: _, formats: __, columnFormats: ___, replacement: ____, ...rest } = style({ dialect, ...given })
    assert.deepEqual(rest, given)
  }
  assert.deepEqual(formats({ dialect: 'excel', format: { date: 'iso' } }), [{ ...EXCEL.formats[0], date: 'iso', pattern: undefined, timeZone: undefined }])
  assert.deepEqual(formats({ dialect: 'excel', format: { boolean: ['1', '0'] } }), [{ ...EXCEL.formats[0], trueText: '1', falseText: '0' }])
  assert.deepEqual(formats({ dialect: 'postgres', format: { bytes: 'base64' } }), [PLAIN])
  // The shared defaults are as they were.
  assert.deepEqual(style({ dialect: 'excel' }), EXCEL)
})

test('signs of every kind', () => {
  for (const delimiter of [';', '\t', '\0', ' ', '||', '→', '😀', 'e\u0301', ', ', 'x'.repeat(16), '😀'.repeat(8), 'SEP']) assert.equal(style({ delimiter }).delimiter, delimiter)
  for (const sign of ["'", '|', '«', '😀', '\0', '\t', 'x']) {
    assert.deepEqual([style({ quote: sign }).quote, style({ quote: sign }).escape], [sign, sign])
    assert.deepEqual([style({ escape: sign }).quote, style({ escape: sign }).escape], ['"', sign])
  }
})

test('no byte order mark in latin1, whatever the dialect', () => {
  assert.equal(style({ dialect: 'excel', encoding: 'latin1' }).bom, false)
  assert.equal(style({ dialect: 'excel', encoding: 'utf16le' }).bom, true)
  assert.equal(style({ encoding: 'latin1', bom: false, replacement: '' }).replacement, '')
})

test('formats', () => {
  const format = {
    number: { decimals: 2, decimalSeparator: ',' }, date: { pattern: "dd.MM.yyyy 'um' HH:mm", timeZone: 'Europe/Zurich' },
    boolean: Object.freeze(['ja', 'nein']), null: 'NULL', undefined: '', bytes: 'hex'
  }
  assert.deepEqual(formats({ format }), [{
    decimals: 2, decimalSeparator: ',', date: 'pattern', pattern: "dd.MM.yyyy 'um' HH:mm", timeZone: 'Europe/Zurich',
    trueText: 'ja', falseText: 'nein', nullText: 'NULL', undefinedText: '', bytes: 'hex'
  }])
  assert.deepEqual(formats({ format: {} }), [PLAIN])
  assert.deepEqual(formats({ format: { number: {}, date: undefined } }), [PLAIN])
  assert.deepEqual(formats({ format: { null: '-' } }), [{ ...PLAIN, nullText: '-', undefinedText: '-' }])
  assert.deepEqual(formats({ format: { undefined: '?' } }), [{ ...PLAIN, undefinedText: '?' }])
  assert.deepEqual(formats({ format: { number: { decimals: 0 } } }), [{ ...PLAIN, decimals: 0 }])
  for (const date of ['iso', 'date', 'epoch-ms']) assert.deepEqual(formats({ format: { date } }), [{ ...PLAIN, date }])
  assert.equal(formats({ format: { date: { pattern: 'y' } } })[0].timeZone, 'UTC')
})

test('columns\' formats, each once', () => {
  const columns = [
    'a',
    { key: 'b', format: { null: '-' } },
    { key: 'c', format: {} },
    { header: 'd', value: () => 1, format: { number: { decimals: 2 } } },
    { key: 'e.f', format: { null: '-' } },
    { header: 'g', format: { number: { decimalSeparator: ',' }, undefined: 'x' } },
    'h'
  ]
  const { formats, columnFormats } = style({ columns, format: { number: { decimals: 1 }, null: 'nil' } })
  const base = { ...PLAIN, decimals: 1, nullText: 'nil', undefinedText: 'nil' }
  assert.deepEqual(formats, [
    base,
    { ...base, nullText: '-', undefinedText: '-' },
    { ...base, decimals: 2 },
    { ...base, decimalSeparator: ',', undefinedText: 'x' }
  ])
  assert.deepEqual(columnFormats, [0, 1, 0, 2, 1, 3])
  // What says the same as the rest is the same.
  assert.deepEqual(style({ columns: [{ key: 'a', format: { null: '' } }] }), { ...RFC4180, columnFormats: [0] })
  const many = style({ columns: Array.from({ length: 60_000 }, (_, i) => ({ key: `k${i}`, format: { null: String(i % 7) } })) })
  assert.deepEqual([many.formats.length, many.columnFormats.length], [8, 60_000])
  assert.deepEqual(many.columnFormats.slice(0, 8), [1, 2, 3, 4, 5, 6, 7, 1])
})

test('compression', () => {
  for (const [compress, expected] of [
    ['gzip', { kind: 'gzip', level: 6 }],
    ['zstd', { kind: 'zstd', level: 3 }],
    [{ gzip: 0 }, { kind: 'gzip', level: 0 }],
    [{ gzip: 9, zstd: undefined }, { kind: 'gzip', level: 9 }],
    [{ zstd: 1 }, { kind: 'zstd', level: 1 }],
    [{ zstd: 22 }, { kind: 'zstd', level: 22 }]
  ]) assert.deepEqual(options({ compress }).compress, expected)
})

test('every letter of a pattern, and text in quotes', () => {
  for (const pattern of [
    'yyyy yy y MMMM MMM MM M dd d EEEE EEE HH H hh h mm m ss s SSS SS S a XXX XX X xxx xx x VV',
    'yyyyMMddHHmmss', "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "'it''s' yyyy", "''", "''''", "'abc''def'", 'yyyy年M月d日', '-', 'd'.repeat(2) + '\n', "'\r'y"
  ]) assert.equal(formats({ format: { date: { pattern } } })[0].pattern, pattern)
  for (const timeZone of ['UTC', 'Europe/Zurich', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'Asia/Kolkata', 'America/Port-au-Prince', 'utc', 'CET', 'Japan']) {
    assert.equal(formats({ format: { date: { pattern: 'y', timeZone } } })[0].timeZone, timeZone)
  }
})

const NO_SIGN = { null: () => null, 'a number': () => 44, empty: () => '', two: () => ',;', CR: () => '\r', LF: () => '\n', 'half a character': () => '\ud83d', 'a symbol': () => Symbol(','), huge: () => ','.repeat(1e6), 'a String': () => Object(',') }
const NO_TEXT = { null: () => null, 'a number': () => 5, true: () => true, 'a symbol': () => Symbol('s'), 'an array': () => ['x'], 'a String': () => Object('x'), 'a revoked proxy': () => bad.revoked(), huge: () => 'x'.repeat(1025) }
const NOT_A_FORMAT = { ...bad.NO_OBJECTS }
const ask = (value) => options(value)
const askFormat = (format) => options({ format })
const askDate = (date) => options({ format: { date } })

refuses('choices', ['dialect', 'quoting', 'encoding', 'formulas'].flatMap((name) =>
  each(name, { ...bad.NO_NAMES, 'in capitals': () => 'ALL' }, (value) => ask({ [name]: value }), new RegExp(`^options\\.${name} must be one of '`))
), { throws: true })

refuses('signs', [
  ...each('delimiter', { ...NO_SIGN, two: () => ',\n', 'seventeen units': () => `${'😀'.repeat(8)}x`, 'with half a character': () => 'a\ud83d' }, (delimiter) => ask({ delimiter }), /^options\.delimiter must be 1 to 16 characters/),
  ...['quote', 'escape'].flatMap((name) => each(name, NO_SIGN, (value) => ask({ [name]: value }), new RegExp(`^options\\.${name} must be a single character`))),
  ['a delimiter with the quote', () => ask({ delimiter: '|"|' }), /^options\.delimiter .*quote/],
  ['a delimiter with a quote of its own', () => ask({ delimiter: "'", quote: "'" }), /^options\.delimiter .*quote/],
  ['a delimiter with the escape', () => ask({ delimiter: '\\', escape: '\\' }), /^options\.delimiter .*escape/],
  ['a quote that is the usual delimiter', () => ask({ quote: ',' }), /^options\.quote .*delimiter/],
  ["a quote that is the dialect's delimiter", () => ask({ dialect: 'tsv', quote: '\t' }), /^options\.quote .*delimiter/],
  ['an escape that is the usual delimiter', () => ask({ escape: ',' }), /^options\.escape .*delimiter/],
  ...each('lineEnding', { ...bad.NO_NAMES, CR: () => '\r', LFCR: () => '\n\r' }, (lineEnding) => ask({ lineEnding }), /^options\.lineEnding/)
], { throws: true })

refuses('encodings', [
  ['a byte order mark in latin1', () => ask({ encoding: 'latin1', bom: true }), /^options\.bom .*latin1/],
  ['the same by the dialect excel', () => ask({ dialect: 'excel', encoding: 'latin1', bom: true }), /^options\.bom/],
  ...each('replacement', { ...NO_TEXT, huge: () => '?'.repeat(17) }, (replacement) => ask({ encoding: 'latin1', replacement }), /^options\.replacement/),
  ['a replacement in UTF-8', () => ask({ replacement: '?' }), /^options\.replacement .*latin1/],
  ['a replacement in UTF-16', () => ask({ encoding: 'utf16le', replacement: '?' }), /^options\.replacement .*latin1/],
  ...[
    ['replacement', { replacement: '€' }], ['delimiter', { delimiter: '→' }], ['quote', { quote: '“' }], ['escape', { escape: '😀' }],
    ['format.null', { format: { null: '–' } }], ['format.undefined', { format: { undefined: '\ud83d' } }],
    ['format.boolean[0]', { format: { boolean: ['да', 'no'] } }], ['format.boolean[1]', { format: { boolean: ['yes', 'нет'] } }],
    ['format.number.decimalSeparator', { format: { number: { decimalSeparator: '٫' } } }],
    ['format.date.pattern', { format: { date: { pattern: 'yyyy年' } } }],
    ['columns[1].format.null', { columns: ['a', { key: 'b', format: { null: '€' } }] }]
  ].map(([name, rest]) => [`${name} that is not of latin1`, () => ask({ encoding: 'latin1', ...rest }), new RegExp(`^options\\.${name.replace(/[[\].]/g, '\\$&')} must be of latin1`)])
], { throws: true })

refuses("texts that need quotes, with quoting 'none'", [
  ['null', { format: { null: 'a,b' } }], ['undefined', { format: { undefined: '"' } }], ['boolean[0]', { format: { boolean: ['a\nb', ''] } }],
  ['boolean[1]', { format: { boolean: ['', 'a\rb'] } }], ['null', { delimiter: '||', format: { null: 'a|' } }], ['null', { escape: '\\', format: { null: '\\N' } }]
].map(([name, rest]) => [`${name} ${JSON.stringify(rest)}`, () => ask({ quoting: 'none', ...rest }), new RegExp(`^options\\.format\\.${name.replace(/[[\]]/g, '\\$&')} must be free of delimiter`)]), { throws: true })

test("texts that need none, with quoting 'none'", () => {
  for (const rest of [{ format: { null: '\\N' } }, { delimiter: '||', format: { null: '|a' } }, { delimiter: ';', format: { null: ',' } }]) assert.equal(style({ quoting: 'none', ...rest }).quoting, 'none')
  assert.equal(formats({ format: { null: '",\r\n' } })[0].nullText, '",\r\n')
})

const formatRows = (call, prefix) => [
  ...each('format', NOT_A_FORMAT, call, new RegExp(`^options\\.${prefix}`)),
  ...each('number', NOT_A_FORMAT, (number) => call({ number }), new RegExp(`^options\\.${prefix}\\.number`)),
  ...each('decimals', { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 101: () => 101 }, (decimals) => call({ number: { decimals } }), new RegExp(`^options\\.${prefix}\\.number\\.decimals`)),
  ...each('decimalSeparator', { ...NO_SIGN, 'a digit': () => '0', 'a digit of others': () => '٣', plus: () => '+', minus: () => '-', 'a letter': () => 'e' }, (decimalSeparator) => call({ number: { decimalSeparator } }), new RegExp(`^options\\.${prefix}\\.number\\.decimalSeparator`)),
  ...['null', 'undefined'].flatMap((name) => each(name, NO_TEXT, (value) => call({ [name]: value }), new RegExp(`^options\\.${prefix}\\.${name}`))),
  ...each('boolean', { null: () => null, true: () => true, 'a string': () => 'yes/no', 'one text': () => ['yes'], 'three texts': () => ['a', 'b', 'c'], 'a Set': () => new Set(['a', 'b']), 'a hole': () => Object.assign([], { 1: 'b' }), 'booleans': () => [true, false], 'a revoked proxy': () => bad.revoked([]), 'a getter': () => Object.defineProperty(['a', 'b'], 1, { get() { throw boom } }) }, (value) => call({ boolean: value }), new RegExp(`^options\\.${prefix}\\.boolean`)),
  ...each('bytes', { ...bad.NO_NAMES, postgres: () => 'postgres' }, (bytes) => call({ bytes }), new RegExp(`^options\\.${prefix}\\.bytes`)),
  ['an unknown field', () => call({ string: 'x' }), new RegExp(`^options\\.${prefix}\\.string is no known option`)],
  ['an unknown field of number', () => call({ number: { digits: 2 } }), new RegExp(`^options\\.${prefix}\\.number\\.digits`)],
  ['a getter that throws', () => call({ get date() { throw boom } }), new RegExp(`^options\\.${prefix}\\.date could not be read`)],
  ...each('date', { null: () => null, 'a number': () => 5, 'a pattern alone': () => 'yyyy', empty: () => '', 'a Date': () => new Date(), 'an array': () => ['iso'], 'a revoked proxy': () => bad.revoked() }, (date) => call({ date }), new RegExp(`^options\\.${prefix}\\.date`))
]
refuses('format', formatRows(askFormat, 'format'), { throws: true })
refuses("a column's format", formatRows((format) => options({ columns: ['a', { key: 'b', format }] }), 'columns\\[1\\]\\.format'), { throws: true })

refuses('patterns', [
  ...each('pattern', { ...NO_TEXT, undefined: () => undefined, empty: () => '', huge: () => '-'.repeat(257) }, (pattern) => askDate({ pattern }), /^options\.format\.date\.pattern/),
  ...Object.entries({ YYYY: 'yyyy', 'yyyy-MM-DD': 'dd', 'yyyy-MM-ddTHH:mm': "'T' in quotes", 'HH:mm A': "'a'", 'HH:mmZ': 'XXX', 'HH:mm z': 'VV', yyy: 'yyyy', yyyyy: 'yyyy', MMMMM: 'MMMM', E: 'EEE', aa: ' a ', SSSS: 'SSS', L: 'MM', k: 'HH', V: 'VV', "yyyy 'Uhr": 'quotes in pairs', "'''": 'quotes in pairs', 'at yyyy': 'quotes' })
    .map(([pattern, hint]) => [`pattern ${pattern}`, () => askDate({ pattern }), new RegExp(`^options\\.format\\.date\\.pattern .*${hint}`)]),
  ...each('timeZone', { ...NO_TEXT, empty: () => '', unknown: () => 'Europe/Atlantis', 'an offset': () => '+02:00', 'an abbreviation': () => 'CST', 'a path': () => '../etc/passwd', 'a NUL': () => 'UTC\0' }, (timeZone) => askDate({ pattern: 'y', timeZone }), /^options\.format\.date\.timeZone must be the IANA name/),
  ['a time zone without a pattern', () => askDate({ timeZone: 'UTC' }), /^options\.format\.date\.pattern/],
  ['an unknown field', () => askDate({ pattern: 'y', locale: 'de' }), /^options\.format\.date\.locale/]
], { throws: true })

refuses('compress', [
  ...each('compress', { ...bad.NO_OBJECTS, another: () => 'brotli', none: () => 'none', 'an empty object': () => ({}) }, (compress) => ask({ compress }), /^options\.compress/),
  ...each('gzip', { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 10: () => 10 }, (gzip) => ask({ compress: { gzip } }), /^options\.compress\.gzip/),
  ...each('zstd', { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 0: () => 0, 23: () => 23 }, (zstd) => ask({ compress: { zstd } }), /^options\.compress\.zstd/),
  ['both', () => ask({ compress: { gzip: 6, zstd: 3 } }), /^options\.compress .*both/],
  ['another', () => ask({ compress: { brotli: 4 } }), /^options\.compress\.brotli/]
], { throws: true })

refuses('verify', [
  ...each('verify', bad.NO_BOOLEANS, (verify) => ask({ verify }), /^options\.verify/),
  ['a long delimiter', () => ask({ verify: true, delimiter: '||' }), /^options\.delimiter .*ASCII.*verify/],
  ['a delimiter beyond ASCII', () => ask({ verify: true, delimiter: '→' }), /^options\.delimiter .*ASCII/],
  ['a quote beyond ASCII', () => ask({ verify: true, quote: '«' }), /^options\.quote .*ASCII/],
  ['an escape beyond ASCII', () => ask({ verify: true, escape: '«' }), /^options\.escape .*ASCII/]
], { throws: true })

test('verify with what can be', () => {
  for (const rest of [{}, { delimiter: '|', quote: "'", escape: '\\' }, { dialect: 'tsv' }, { encoding: 'latin1' }, { encoding: 'utf16le', bom: true }, { compress: 'zstd' }, { quoting: 'none' }]) assert.equal(options({ verify: true, ...rest }).verify, true)
})

test('every function checks the same', async () => {
  const expected = { name: 'RangeError', code: 'ERR_INVALID_ARG', message: /^options\.format\.date\.pattern has "YYYY"/ }
  const wrong = { format: { date: { pattern: 'YYYY' } } }
  await assert.rejects(exportCsv([], wrong), expected)
  assert.throws(() => exportCsvStream([], wrong), expected)
  assert.throws(() => createCsvTransform(wrong), expected)
})
