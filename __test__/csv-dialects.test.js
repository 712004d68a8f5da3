'use strict'

// Known answers: what every dialect and every option makes of a few rows, byte for byte, whether they are formatted at
// once or by the workers.

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const path = require('node:path')
const { after, describe, test } = require('node:test')
const zlib = require('node:zlib')
const { createCsvTransform, exportCsv, exportCsvFile, exportCsvStream } = require('..')
const { folder } = require('./support/folder.js')
const { idle } = require('./support/pool.js')

after(idle)

/** The bytes, by both ways. */
async function bytes(rows, options) {
  const small = await exportCsv(rows, options)
  const large = await exportCsv(rows.values(), options)
  assert.equal(small.toString('latin1'), large.toString('latin1'), 'small exports are like large ones')
  return small
}

async function text(rows, options) {
  return (await bytes(rows, options)).toString()
}

/** One cell between two others, as it stands in the output. */
async function cell(value, options = {}) {
  const all = await text([['<', value, '>']], { quoting: 'minimal', ...options, bom: false })
  return /^"?<"?(?:,|\t|;)(.*)(?:,|\t|;)"?>"?\r?\n$/s.exec(all)[1]
}

/** Both ways refuse it, with the place. */
async function refused(rows, options, { row, column, message }) {
  for (const source of [rows, rows.values()]) {
    await assert.rejects(exportCsv(source, options), (error) => {
      assert.equal(error.name, 'OffloopError', error.stack)
      assert.deepEqual([error.code, error.row, error.column], ['ERR_CSV_VALUE', row, column], error.message)
      assert.match(error.message, message)
      if (row !== undefined) assert.match(error.message, new RegExp(`row ${row}, column ${JSON.stringify(column)}`))
      return true
    })
  }
}

const DATE = new Date(Date.UTC(2026, 2, 1, 12, 30, 5, 70))
const ROW = { id: 1, name: 'Zoë "Z" Müller', at: DATE, paid: true, note: '', none: null, gone: undefined, bytes: Buffer.from('hi'), sum: '=1+1', big: 10n ** 20n }

describe('dialects', () => {
  const HEAD = 'id,name,at,paid,note,none,gone,bytes,sum,big'
  test('rfc4180', async () => {
    const expected = `${HEAD}\r\n1,"Zoë ""Z"" Müller",2026-03-01T12:30:05.070Z,true,,,,aGk=,=1+1,100000000000000000000\r\n`
    assert.equal(await text([ROW]), expected)
    assert.equal(await text([ROW], { dialect: 'rfc4180' }), expected)
  })
  test('excel', async () => {
    assert.equal(await text([ROW], { dialect: 'excel' }), `\ufeff${HEAD}\r\n1,"Zoë ""Z"" Müller",2026-03-01 12:30:05,TRUE,,,,aGk=,'=1+1,100000000000000000000\r\n`)
  })
  test('tsv', async () => {
    assert.equal(await text([ROW], { dialect: 'tsv' }), `${HEAD.replaceAll(',', '\t')}\n1\t"Zoë ""Z"" Müller"\t2026-03-01T12:30:05.070Z\ttrue\t\t\t\taGk=\t=1+1\t100000000000000000000\n`)
    assert.equal(await text([{ a: 'x\ty', b: 'x,y' }], { dialect: 'tsv' }), 'a\tb\n"x\ty"\tx,y\n')
  })
  test('postgres', async () => {
    assert.equal(await text([ROW], { dialect: 'postgres' }), `${HEAD}\n1,"Zoë ""Z"" Müller",2026-03-01T12:30:05.070Z,true,"",,,\\x6869,=1+1,100000000000000000000\n`)
    // One column: a null is an empty line to COPY, and \. alone would end the data.
    assert.equal(await text([{ a: null }, { a: '' }, { a: '\\.' }, { a: undefined }, { a: Buffer.alloc(0) }], { dialect: 'postgres' }), 'a\n\n""\n"\\."\n\n\\x\n')
    assert.equal(await text([{ a: null, b: 'NULL', c: '' }], { dialect: 'postgres', format: { null: 'NULL' } }), 'a,b,c\nNULL,"NULL",""\n')
    assert.equal(await text([{ a: null, b: 1, c: 'x' }], { dialect: 'postgres', quoting: 'all' }), '"a","b","c"\n,"1","x"\n')
  })
  test('what is given wins', async () => {
    assert.equal(
      await text([ROW], { dialect: 'excel', delimiter: ';', bom: false, formulas: 'keep', lineEnding: '\n', format: { date: 'date', boolean: ['ja', 'nein'] } }),
      `${HEAD.replaceAll(',', ';')}\n1;"Zoë ""Z"" Müller";2026-03-01;ja;;;;aGk=;=1+1;100000000000000000000\n`
    )
  })
})

describe('signs', () => {
  test('a delimiter of several characters', async () => {
    const rows = [{ a: 'x|y', b: 'x||y', c: 'x|', d: '|x' }]
    assert.equal(await text(rows, { delimiter: '||' }), 'a||b||c||d\r\nx|y||"x||y"||"x|"|||x\r\n')
    assert.equal(await text([['a', 'b→', '→']], { delimiter: '→' }), 'a→"b→"→"→"\r\n')
    assert.equal(await text([['ab', 'aba', '😀']], { delimiter: 'abab' }), '"ab"abababaabab😀\r\n')
    assert.equal(await text([['a', 'b']], { delimiter: 'x'.repeat(16) }), `a${'x'.repeat(16)}b\r\n`)
  })
  test('quotes', async () => {
    assert.equal(await text([["it's", 'say "x"', 'a,b', 'a\r']], { quote: "'" }), "'it''s',say \"x\",'a,b','a\r'\r\n")
    assert.equal(await text([['a«b', '«']], { quote: '«' }), '«a««b«,««««\r\n')
  })
  test('escapes', async () => {
    assert.equal(await text([['say "x"', 'C:\\dir', 'a,b', 'plain']], { escape: '\\' }), '"say \\"x\\"","C:\\\\dir","a,b",plain\r\n')
    assert.equal(await text([["'", '^', 'x']], { quote: "'", escape: '^' }), "'^'','^^',x\r\n")
  })
  test('line endings, both of which are quoted in any case', async () => {
    for (const lineEnding of ['\n', '\r\n']) assert.equal(await text([['a\nb', 'a\rb', 'a\r\nb', '\n']], { lineEnding }), `"a\nb","a\rb","a\r\nb","\n"${lineEnding}`)
  })
  test('signs that occur in numbers, dates and texts', async () => {
    const row = [1.5, -2, DATE, true, null, 10n]
    assert.equal(await text([row], { delimiter: '.', format: { date: 'iso' } }), '"1.5".-2."2026-03-01T12:30:05.070Z".true..10\r\n')
    assert.equal(await text([row], { delimiter: '-' }), '1.5-"-2"-"2026-03-01T12:30:05.070Z"-true--10\r\n')
    assert.equal(await text([row], { delimiter: '0' }), '1.50-20"2026-03-01T12:30:05.070Z"0true00"10"\r\n')
    assert.equal(await text([row], { quote: '1' }), '111.51,-2,12026-03-011T112:30:05.070Z1,true,,11101\r\n')
    assert.equal(await text([row], { delimiter: 'e', format: { null: 'none' } }), '1.5e-2e2026-03-01T12:30:05.070Ze"true"e"none"e10\r\n')
  })
})

describe('quoting', () => {
  const rows = [{ s: 'a', n: 1.5, b: true, d: new Date(0), z: null, j: { k: 1 }, e: '', q: 'x,y', y: Buffer.from('a'), i: 5n }]
  test('minimal', async () => assert.equal(await text(rows, { quoting: 'minimal' }), 's,n,b,d,z,j,e,q,y,i\r\na,1.5,true,1970-01-01T00:00:00.000Z,,"{""k"":1}",,"x,y",YQ==,5\r\n'))
  test('all', async () => assert.equal(await text(rows, { quoting: 'all' }), '"s","n","b","d","z","j","e","q","y","i"\r\n"a","1.5","true","1970-01-01T00:00:00.000Z","","{""k"":1}","","x,y","YQ==","5"\r\n'))
  test('strings', async () => assert.equal(await text(rows, { quoting: 'strings' }), '"s","n","b","d","z","j","e","q","y","i"\r\n"a",1.5,true,1970-01-01T00:00:00.000Z,,"{""k"":1}","","x,y","YQ==",5\r\n'))
  test('none', async () => {
    assert.equal(await text([{ s: 'a b', n: 1, z: null, e: '' }], { quoting: 'none', delimiter: '\t' }), 's\tn\tz\te\r\na b\t1\t\t\r\n')
    for (const [value, message] of [['x,y', /delimiter/], ['"', /quote/], ['a\nb', /line/], ['a\r', /line/]]) {
      await refused([{ id: 1, v: 'ok' }, { id: 2, v: value }], { quoting: 'none' }, { row: 1, column: 'v', message })
    }
    await refused([{ id: 1, v: 0.5 }], { quoting: 'none', format: { number: { decimalSeparator: ',' } } }, { row: 0, column: 'v', message: /delimiter/ })
    await refused([{ v: 'x' }, { v: null }], { quoting: 'none' }, { row: 1, column: 'v', message: /empty/ })
    await refused([{ 'a,b': 1 }], { quoting: 'none' }, { row: undefined, column: 'a,b', message: /delimiter/ })
    await refused([{ a: '\\', b: 1 }], { quoting: 'none', escape: '\\' }, { row: 0, column: 'a', message: /escape/ })
  })
  test('a row of one empty field', async () => {
    assert.equal(await text([{ a: '' }, { a: null }, { a: 'x' }, {}]), 'a\r\n""\r\n""\r\nx\r\n""\r\n')
    assert.equal(await text([{ a: null }], { format: { null: '-' } }), 'a\r\n-\r\n')
  })
})

describe('encodings', () => {
  const rows = [{ a: 'é', b: '€', c: '😀', d: '\ud800', e: 1 }]
  test('utf16le', async () => {
    const expected = 'a,b,c,d,e\r\né,€,😀,\ufffd,1\r\n'
    assert.deepEqual(await bytes(rows, { encoding: 'utf16le' }), Buffer.from(expected, 'utf16le'))
    assert.deepEqual(await bytes(rows, { encoding: 'utf16le', bom: true }), Buffer.from(`\ufeff${expected}`, 'utf16le'))
  })
  test('a byte order mark, once, and none before nothing', async () => {
    const many = Array.from({ length: 20_000 }, (_, id) => ({ id }))
    for (const [encoding, mark] of [['utf8', 'efbbbf'], ['utf16le', 'fffe']]) {
      const all = (await exportCsv(many, { bom: true, encoding })).toString('hex')
      assert.equal(all.indexOf(mark), 0)
      assert.equal(all.indexOf(mark, 2), -1)
      assert.equal((await exportCsv([], { bom: true, encoding })).length, 0)
      assert.equal((await exportCsv([{ a: 1 }].values(), { bom: true, encoding, header: false })).toString('hex'), mark + Buffer.from('1\r\n', encoding).toString('hex'))
    }
  })
  test('latin1', async () => {
    const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((c) => !'",\r\n'.includes(c)).join('')
    assert.deepEqual(await bytes([{ ÿ: all, b: 'ÄÖÜ, ß' }], { encoding: 'latin1' }), Buffer.from(`ÿ,b\r\n${all},"ÄÖÜ, ß"\r\n`, 'latin1'))
    assert.deepEqual(await bytes(rows, { encoding: 'latin1', replacement: '?' }), Buffer.from('a,b,c,d,e\r\né,?,?,?,1\r\n', 'latin1'))
    assert.deepEqual(await bytes([['a€b', '€']], { encoding: 'latin1', replacement: '' }), Buffer.from('ab,\r\n', 'latin1'))
    assert.deepEqual(await bytes([['a€b', 'x']], { encoding: 'latin1', replacement: ',"' }), Buffer.from('"a,""b",x\r\n', 'latin1'))
    await refused([{ id: 1, b: 'é' }, { id: 2, b: '€' }], { encoding: 'latin1' }, { row: 1, column: 'b', message: /U\+20AC/ })
    await refused([{ '€': 1 }], { encoding: 'latin1' }, { row: undefined, column: '€', message: /U\+20AC/ })
    await refused([{ id: 1, b: { c: '→' } }], { encoding: 'latin1' }, { row: 0, column: 'b', message: /U\+2192/ })
  })
})

describe('formulas', () => {
  const FORMULAS = ['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=HYPERLINK("x")\ny', '\0=1', '\0\0@x', '＝1', '＋1', '－1', '＠1', '-', '+', '=', '-x', '+41 79 123', '--1', '-1-', '-1e', '-.5', '-5.', '+1,5,5', '\t', '\0\t', '-1 ', '-0x10']
  const OTHERS = ['', 'a=1', ' =1', "'=1", '1-1', '-5', '+41', '-1.5', '-1,5', '+1.5e10', '-1E-7', '-1e+7', '0', '\0', '\0a', 'ａ', '“=”', '_=1']
  const plain = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)
  test('keep', async () => {
    for (const value of [...FORMULAS, ...OTHERS]) assert.equal(await cell(value), plain(value), JSON.stringify(value))
  })
  test('escape', async () => {
    for (const value of FORMULAS) assert.equal(await cell(value, { formulas: 'escape' }), plain(`'${value}`), JSON.stringify(value))
    for (const value of OTHERS) assert.equal(await cell(value, { formulas: 'escape' }), plain(value), JSON.stringify(value))
    assert.equal(await cell('=a', { formulas: 'escape', quoting: 'all', delimiter: ';' }), '"\'=a"')
    assert.equal(await cell('=a', { formulas: 'escape', quote: "'" }), "'''=a'")
  })
  test('reject', async () => {
    for (const value of FORMULAS) await refused([{ a: 'x', b: 1 }, { a: 'y', b: value }], { formulas: 'reject' }, { row: 1, column: 'b', message: /formula/ })
    for (const value of OTHERS) assert.equal(await cell(value, { formulas: 'reject' }), plain(value))
  })
  test('the header, JSON and bytes are strings too', async () => {
    assert.equal(await text([{ '=a': 1, '-5': 2 }], { formulas: 'escape', columns: ['=a', '-5'] }), "'=a,-5\r\n1,2\r\n")
    await refused([{ '@a': 1 }], { formulas: 'reject' }, { row: undefined, column: '@a', message: /formula/ })
    assert.equal(await cell({ toJSON: () => '=x' }, { formulas: 'escape' }), "'=x")
    assert.equal(await cell(Buffer.from([0xf8]), { formulas: 'escape' }), "'+A==")
  })
  test('never numbers, dates, booleans and the texts of the format', async () => {
    const formats = { boolean: ['+', '-'], null: '=NA()', date: { pattern: "'='yyyy" } }
    for (const formulas of ['escape', 'reject']) {
      assert.equal(await text([[-1.5, -10n, -(10n ** 30n), { toFixed: () => '-2.50' }, true, false, null, DATE]], { formulas, format: formats }), `-1.5,-10,-1${'0'.repeat(30)},-2.50,+,-,=NA(),=2026\r\n`)
    }
  })
})

describe('formats', () => {
  const number = (value, format) => cell(value, { format: { number: format }, delimiter: ';' })
  test('decimals', async () => {
    for (const [value, decimals, expected] of [
      [1.005, 2, '1.00'], [1.25, 1, '1.3'], [-1.25, 1, '-1.3'], [-0, 2, '0.00'], [-0.001, 2, '-0.00'], [1e21, 2, '1e+21'], [NaN, 2, 'NaN'], [-Infinity, 0, '-Infinity'], [0.5, 0, '1'], [2.5, 0, '3'], [5, 3, '5.000'], [0.5, 100, `0.5${'0'.repeat(99)}`],
      [5n, 2, '5.00'], [-(10n ** 30n), 1, `-1${'0'.repeat(30)}.0`], [7n, 0, '7'],
      [{ toFixed: () => '1.005' }, 2, '1.01'], [{ toFixed: () => '-1.005' }, 2, '-1.01'], [{ toFixed: () => '1.004999999999999999999' }, 2, '1.00'], [{ toFixed: () => '9.99' }, 1, '10.0'], [{ toFixed: () => '5' }, 2, '5.00'], [{ toFixed: () => '0.5' }, 0, '1']
    ]) assert.equal(await number(value, { decimals }), expected, `${value} with ${decimals}`)
    for (const value of [0.1, 1 / 3, 123456.789, 5e-7, 999.9995, 1e20, 2 ** 53, -1.45]) for (const decimals of [0, 1, 3, 20]) assert.equal(await number(value, { decimals }), value.toFixed(decimals))
  })
  test('the decimal separator', async () => {
    for (const [value, expected] of [[1.5, '1,5'], [-0.25, '-0,25'], [1e21, '1e+21'], [1.5e300, '1,5e+300'], [5, '5'], [10n, '10'], [{ toFixed: () => '2.50' }, '2,50']]) {
      assert.equal(await number(value, { decimalSeparator: ',' }), expected)
      // As the delimiter.
      const quoted = expected.includes(',') ? `"${expected}"` : expected
      assert.equal(await cell(value, { format: { number: { decimalSeparator: ',' } } }), quoted)
    }
    assert.equal(await number(1234.5, { decimals: 2, decimalSeparator: '·' }), '1234·50')
    // A string is none.
    assert.equal(await number('1.5', { decimals: 2, decimalSeparator: ',' }), '1.5')
  })
  test('dates', async () => {
    const date = (value, format, delimiter = ';') => cell(value, { format: { date: format }, delimiter })
    assert.equal(await date(DATE, 'iso'), '2026-03-01T12:30:05.070Z')
    assert.equal(await date(DATE, 'date'), '2026-03-01')
    assert.equal(await date(DATE, 'epoch-ms'), String(DATE.getTime()))
    assert.equal(await date(new Date(-1), 'epoch-ms'), '-1')
    assert.equal(await date(new Date(-1), 'date'), '1969-12-31')
    for (const [pattern, timeZone, expected] of [
      ['dd.MM.yyyy HH:mm', 'Europe/Zurich', '01.03.2026 13:30'],
      ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", 'America/New_York', '2026-03-01T07:30:05.070-05:00'],
      ['EEE, d MMM yyyy h:mm a', 'Asia/Kolkata', 'Sun, 1 Mar 2026 6:00 PM'],
      ['EEEE MMMM yy y M d H m s S SS hh xxx xx x XXX XX X VV', undefined, 'Sunday March 26 2026 3 1 12 30 5 0 07 12 +00:00 +0000 +00 Z Z Z UTC'],
      ["h 'o''clock' ''a''", 'UTC', "12 o'clock 'PM'"],
      ['yyyy年M月d日', 'Asia/Tokyo', '2026年3月1日']
    ]) assert.equal(await date(DATE, { pattern, ...(timeZone && { timeZone }) }, '\t'), expected)
    // Summer time begins and ends.
    for (const [time, expected] of [[Date.UTC(2024, 2, 31, 0, 59), '01:59 +01:00'], [Date.UTC(2024, 2, 31, 1, 0), '03:00 +02:00'], [Date.UTC(2024, 9, 27, 0, 30), '02:30 +02:00'], [Date.UTC(2024, 9, 27, 1, 30), '02:30 +01:00']]) {
      assert.equal(await date(new Date(time), { pattern: 'HH:mm xxx', timeZone: 'Europe/Zurich' }), expected)
    }
    assert.equal(await date(DATE, { pattern: 'd,M' }, ','), '"1,3"')
  })
  test('dates of any time and place are as Intl has them', async () => {
    const zones = ['Europe/Zurich', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/St_Johns', 'Etc/GMT+5']
    const times = Array.from({ length: 400 }, (_, i) => new Date(Date.UTC(1975, 0, 1) + i * 3.7e9))
    const columns = zones.map((timeZone) => ({ header: timeZone, value: (time) => time, format: { date: { pattern: 'yyyy-MM-dd HH:mm:ss', timeZone } } }))
    const lines = (await exportCsv(times, { columns, header: false })).toString().trimEnd().split('\r\n')
    for (const [at, timeZone] of zones.entries()) {
      // Swedish dates are written this way.
      const intl = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
      for (const [row, time] of times.entries()) assert.equal(lines[row].split(',')[at], intl.format(time), timeZone)
    }
  })
  test('booleans, null, undefined, bytes', async () => {
    const row = [true, false, null, undefined, Buffer.from([0, 255])]
    assert.equal(await text([row], { format: { boolean: ['yes', 'no'], null: 'NULL', bytes: 'hex' } }), 'yes,no,NULL,NULL,00ff\r\n')
    assert.equal(await text([row], { format: { boolean: ['', 'a,b'], undefined: 'void' } }), ',"a,b",,void,AP8=\r\n')
    assert.equal(await text([[null, undefined, 'NULL', 'void', '']], { format: { null: 'NULL', undefined: 'void' } }), 'NULL,void,"NULL","void",\r\n')
    assert.equal(await text([{ a: null, b: 'NULL' }, { a: 1 }], { columns: ['a', 'b', 'c'], format: { undefined: '-' } }), 'a,b,c\r\n,NULL,-\r\n1,-,-\r\n')
  })
  test('bytes of every kind', async () => {
    const { buffer } = new Uint8Array([1, 2, 3, 250])
    for (const value of [Buffer.from(buffer), new Uint8Array(buffer), buffer, new DataView(buffer), new Uint8Array([9, 1, 2, 3, 250, 9]).subarray(1, 5), new Uint16Array(buffer)]) {
      assert.equal(await cell(value), 'AQID+g==')
      assert.equal(await cell(value, { format: { bytes: 'hex' } }), '010203fa')
      assert.equal(await cell(value, { dialect: 'postgres' }), '\\x010203fa')
    }
    assert.equal(await cell(new Uint8Array(0)), '')
  })
  test('columns of their own', async () => {
    const columns = ['a', { key: 'b', format: { number: { decimals: 2 } } }, { key: 'c', format: { number: { decimals: 0 }, null: '-' } }, { header: 'D', value: (row) => row.a, format: { number: { decimalSeparator: '.' } } }]
    const format = { number: { decimalSeparator: ';' }, null: 'nil' }
    assert.equal(await text([{ a: 1.5, b: 1.5, c: 1.4 }, { a: null, b: null, c: null }], { columns, format }), 'a,b,c,D\r\n1;5,1;50,1,1.5\r\nnil,nil,-,nil\r\n')
    const values = { columns: { a: new Float64Array([1.25, 2]), b: new BigUint64Array([2n ** 64n - 1n, 0n]), c: [true, null] } }
    const own = ['b', { key: 'a', format: { number: { decimals: 1 } } }, { key: 'c', format: { boolean: ['Y', 'N'], null: '?' } }]
    assert.equal((await exportCsv(values, { columns: own })).toString(), 'b,a,c\r\n18446744073709551615,1.3,Y\r\n0,2.0,?\r\n')
  })
})

test('objects of every kind', async () => {
  class Decimal {
    toFixed() { return '0.00000001' }
    toString() { return '1e-8' }
    toJSON() { return '1e-8' }
  }
  const circular = {}
  circular.self = circular
  for (const [value, expected] of [
    [new Decimal(), '0.00000001'],
    // What has a toFixed and is no decimal.
    [{ toFixed: () => 'NaN', toJSON: () => 'NaN' }, 'NaN'],
    [{ toFixed: 2 }, '{""toFixed"":2}'],
    [new Map([['a', 1], ['b', [2n]]]), '{""a"":1,""b"":[""2""]}'],
    [new Map([[1, 'x'], [null, 'y']]), '[[1,""x""],[null,""y""]]'],
    [new Map(), '{}'],
    [new Set([1, 'x', new Set()]), '[1,""x"",[]]'],
    [{ at: new Date(0), n: 10n ** 20n, m: new Map([['k', new Set([1])]]) }, '{""at"":""1970-01-01T00:00:00.000Z"",""n"":""100000000000000000000"",""m"":{""k"":[1]}}'],
    [[1, null, undefined, 'é'], '[1,null,null,""é""]'],
    [Object.create(null), '{}'],
    [{ toJSON: () => 5n }, '5'],
    [{ toJSON: () => true }, 'true'],
    [{ toJSON: () => undefined }, ''],
    [{ toJSON: () => ({ a: 1 }) }, '{""a"":1}'],
    [new URL('https://a.example/'), 'https://a.example/']
  ]) {
    const found = await cell(value)
    assert.equal(found, /["]/.test(expected) || expected.includes(',') ? `"${expected}"` : expected)
  }
  for (const value of [Symbol('s'), () => 1, Promise.resolve(), circular, { toJSON: () => Symbol('s') }, { toJSON() { throw new Error('boom') } }, { toFixed() { throw new Error('boom') } }, new Date(NaN)]) {
    await refused([{ a: 1, b: 2 }, { a: 3, b: value }], {}, { row: 1, column: 'b', message: /column/ })
  }
})

test('rows whose keys differ', async () => {
  const later = [{ a: 1, b: 2 }, { b: 3 }, { b: 4, a: 5 }]
  assert.equal(await text(later), 'a,b\r\n1,2\r\n,3\r\n5,4\r\n')
  for (const rows of [[...later, { a: 1, c: 2 }], [...later, { a: 1, b: 2, c: 3 }]]) {
    for (const source of [rows, rows.values()]) {
      await assert.rejects(exportCsv(source), (error) => {
        assert.deepEqual([error.code, error.row], ['ERR_CSV_COLUMN', 3])
        assert.match(error.message, /"c"/)
        return true
      })
    }
    assert.equal(await text(rows, { columns: ['a', 'b'] }), `a,b\r\n1,2\r\n,3\r\n5,4\r\n1,${rows[3].b ?? ''}\r\n`)
  }
})

describe('compression', () => {
  const rows = Array.from({ length: 30_000 }, (_, id) => ({ id, name: `name ${id % 97}`, at: new Date(id * 1e8) }))
  const unpack = { gzip: zlib.gunzipSync, zstd: zlib.zstdDecompressSync }
  for (const [kind, compress] of [['gzip', 'gzip'], ...[0, 1, 6, 9].map((gzip) => ['gzip', { gzip }]), ['zstd', 'zstd'], ...[1, 3, 19].map((zstd) => ['zstd', { zstd }])]) {
    test(JSON.stringify(compress), async (t) => {
      const file = path.join(folder(t), 'x.csv.gz')
      const stream = exportCsvStream(rows, { compress })
      const streamed = Buffer.concat(await stream.toArray())
      const transform = createCsvTransform({ compress })
      for (const row of rows.slice(0, 500)) transform.write(row)
      transform.end()
      const transformed = Buffer.concat(await transform.toArray())
      const summary = await exportCsvFile(rows, file, { compress })
      const plain = await exportCsv(rows)
      const packed = [await exportCsv(rows, { compress }), streamed, readFileSync(file)]
      assert.deepEqual([summary.bytes, summary.rows, (await stream.summary).bytes], [packed[2].length, rows.length, streamed.length])
      const magic = kind === 'gzip' ? '1f8b' : '28b52ffd'
      for (const one of [...packed, transformed]) assert.equal(one.subarray(0, magic.length / 2).toString('hex'), magic)
      if (compress.gzip !== 0) assert.ok(packed[0].length < plain.length / 2, `${packed[0].length} of ${plain.length}`)
      // Node.js before 22.15 has no zstd.
      const undo = unpack[kind]
      if (undo === undefined) return
      for (const one of packed) assert.ok(undo(one).equals(plain))
      assert.ok(undo(transformed).equals(await exportCsv(rows.slice(0, 500))))
      for (const few of [[], [{ a: 1 }]]) assert.ok(undo(await exportCsv(few, { compress })).equals(await exportCsv(few)))
    })
  }
  test('gzip is one member', async () => {
    const packed = await exportCsv(rows, { compress: 'gzip' })
    const plain = await exportCsv(rows)
    // Ten bytes of header without any fields, then one stream, then its check and length.
    assert.equal(packed[3], 0)
    const { buffer, engine } = zlib.inflateRawSync(packed.subarray(10), { info: true })
    assert.ok(buffer.equals(plain))
    assert.equal(engine.bytesWritten, packed.length - 18)
    assert.equal(packed.readUInt32LE(packed.length - 4), plain.length)
  })
})

describe('verify', () => {
  const rows = Array.from({ length: 5000 }, (_, id) => ({ id, name: `a "${id}",\r\nb`, none: null }))
  for (const options of [{}, { dialect: 'excel' }, { dialect: 'tsv' }, { dialect: 'postgres' }, { encoding: 'utf16le', bom: true }, { encoding: 'latin1' }, { compress: 'gzip' }, { compress: 'zstd' }, { header: false }, { quote: "'", escape: '\\', delimiter: '|' }, { quoting: 'all', lineEnding: '\n' }]) {
    test(JSON.stringify(options), async (t) => {
      const expected = await exportCsv(rows, options)
      assert.ok((await exportCsv(rows, { ...options, verify: true })).equals(expected))
      const file = path.join(folder(t), 'x.csv')
      assert.equal((await exportCsvFile(rows, file, { ...options, verify: true })).rows, rows.length)
      assert.ok(readFileSync(file).equals(expected))
      const stream = exportCsvStream(rows, { ...options, verify: true })
      assert.ok(Buffer.concat(await stream.toArray()).equals(expected))
      for (const few of [[], [{ a: null }], [{ a: '' }, { a: null }]]) assert.ok((await exportCsv(few, { ...options, verify: true })).equals(await exportCsv(few, options)))
    })
  }
})
