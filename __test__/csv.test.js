'use strict'

// Exports through the real binding, read back by an independent parser.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { readFileSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')
const { Readable } = require('node:stream')
const { parse } = require('csv-parse/sync')
const fc = require('fast-check')
const { exportCsv, exportCsvFile, exportCsvStream } = require('..')
const { folder, holdsOnly } = require('./support/folder.js')
const { idle } = require('./support/pool.js')

after(idle)

/** @param {Buffer} bytes */
function readBack(bytes, options = {}) {
  return parse(bytes, { relax_column_count: false, skip_empty_lines: false, record_delimiter: '\r\n', ...options })
}

const TABLE = Array.from({ length: 5000 }, (_, id) => ({
  id,
  name: id % 3 === 0 ? `row, "${id}"` : `строка ${id}`,
  at: new Date(id * 1e8),
  paid: id % 2 === 0,
  nothing: id % 7 === 0 ? null : undefined
}))
const TEXT = ['id,name,at,paid,nothing']
  .concat(TABLE.map(({ id, name, at, paid }) => `${id},${id % 3 === 0 ? `"${name.replaceAll('"', '""')}"` : name},${at.toISOString()},${paid},`))
  .map((line) => `${line}\r\n`)
  .join('')

async function* later(rows) {
  for (const row of rows) {
    if (row.id % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
    yield row
  }
}
const SOURCES = {
  'an array': () => TABLE,
  'a Set': () => new Set(TABLE),
  'a generator': () => TABLE.values(),
  'an async generator': () => later(TABLE),
  'a Readable': () => Readable.from(TABLE),
  'a Readable of an async generator': () => Readable.from(later(TABLE)),
  'a web stream': () => Readable.toWeb(Readable.from(TABLE))
}

for (const [name, source] of Object.entries(SOURCES)) {
  test(`${name}: a Buffer, a stream and a file get the same bytes`, async (t) => {
    const file = path.join(folder(t), 'table.csv')
    const buffer = await exportCsv(source())
    assert.equal(buffer.toString(), TEXT)

    const stream = exportCsvStream(source())
    const streamed = Buffer.concat(await stream.toArray())
    const summaries = [await exportCsvFile(source(), file), await stream.summary]
    for (const bytes of [streamed, readFileSync(file)]) assert.ok(bytes.equals(buffer))
    for (const { rows, bytes, sha256, longestBlockMs, ...rest } of summaries) {
      assert.deepEqual({ rows, bytes, sha256, rest }, { rows: 5000, bytes: buffer.length, sha256: sha256Of(buffer), rest: {} })
      assert.ok(longestBlockMs > 0)
    }
    await holdsOnly(path.dirname(file), ['table.csv'])
  })
}

/** @param {Buffer} bytes */
function sha256Of(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

test('rows that are arrays', async () => {
  const rows = [['a', 1, true], ['b'], [], [null, undefined, 'c']]
  assert.equal((await exportCsv(rows)).toString(), 'a,1,true\r\nb,,\r\n,,\r\n,,c\r\n')
  assert.equal((await exportCsv(rows, { columns: ['x', 'y', 'z'] })).toString(), 'x,y,z\r\na,1,true\r\nb,,\r\n,,\r\n,,c\r\n')
  await assert.rejects(exportCsv([[1], [1, 2]]), { name: 'OffloopError', code: 'ERR_CSV_COLUMN', row: 1 })
  await assert.rejects(exportCsv([[1, 2, 3, 4]], { columns: ['a', 'b'] }), { code: 'ERR_CSV_COLUMN', row: 0 })
})

test('columns, headers, paths inside, values', async () => {
  const rows = [
    { id: 1, user: { name: 'Ada' }, 'a.b': 'own' },
    { id: 2, user: null, a: { b: 'inside' } },
    { id: 3 }
  ]
  const columns = ['id', { key: 'user.name', header: 'User' }, 'a.b', { header: 'Twice', value: (row, index) => row.id * 2 + index }]
  assert.equal((await exportCsv(rows, { columns })).toString(), 'id,User,a.b,Twice\r\n1,Ada,own,2\r\n2,,inside,5\r\n3,,,8\r\n')
  assert.equal((await exportCsv(rows, { columns: ['id'], header: false })).toString(), '1\r\n2\r\n3\r\n')
  assert.equal((await exportCsv([], { columns: ['id', 'x'] })).toString(), 'id,x\r\n')
  assert.equal((await exportCsv([])).length, 0)
  // The first row names the columns: what others lack is nothing, what they have besides is an error.
  assert.equal((await exportCsv([{ a: 1 }, {}, { a: 3 }])).toString(), 'a\r\n1\r\n""\r\n3\r\n')
  await assert.rejects(exportCsv([{ a: 1 }, { a: 3, b: 4 }]), { code: 'ERR_CSV_COLUMN', row: 1, column: 'b' })
})

test('delimiter, line ending, byte order mark', async () => {
  const rows = [{ a: 'x;y', b: 'x,y', c: 'x\ty' }]
  assert.equal((await exportCsv(rows, { delimiter: ';', lineEnding: '\n' })).toString(), 'a;b;c\n"x;y";x,y;x\ty\n')
  assert.equal((await exportCsv(rows, { delimiter: '\t' })).toString(), 'a\tb\tc\r\nx;y\tx,y\t"x\ty"\r\n')
  assert.equal((await exportCsv([{ a: '→' }], { delimiter: '→', bom: true })).toString(), '\ufeffa\r\n"→"\r\n')
  assert.deepEqual(readBack(await exportCsv(rows, { bom: true }), { bom: true }), [['a', 'b', 'c'], ['x;y', 'x,y', 'x\ty']])
})

test('what cells say', async () => {
  for (const [value, text] of [
    [null, ''],
    [undefined, ''],
    ['', ''],
    [0, '0'],
    [-0, '0'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [0.1 + 0.2, '0.30000000000000004'],
    [2 ** 53, '9007199254740992'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
    [true, 'true'],
    [10n ** 30n, `1${'0'.repeat(30)}`],
    [-1n, '-1'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(8.64e15), '+275760-09-13T00:00:00.000Z'],
    [new Date(-8.64e15), '-271821-04-20T00:00:00.000Z'],
    [new Date(-62167219200001), '-000001-12-31T23:59:59.999Z'],
    [{ a: [1, 'x,y'] }, '{"a":[1,"x,y"]}'],
    [[1, 2], '[1,2]'],
    [new URL('https://a.example/x'), 'https://a.example/x'],
    [{ toJSON: () => 5 }, '5'],
    [{ toJSON: () => null }, ''],
    ['\ud800', '\ufffd'],
    ['a\u0000b', 'a\u0000b'],
    ['\ufeff', '\ufeff'],
    ['😀'.repeat(3), '😀'.repeat(3)],
    ['"', '"'],
    ['=1+1', '=1+1'],
    [' padded ', ' padded '],
    ['x'.repeat(1_000_000), 'x'.repeat(1_000_000)]
  ]) {
    const back = readBack(await exportCsv([{ a: 1, b: value, c: 'end' }], { header: false }))
    assert.deepEqual(back, [['1', text, 'end']])
  }
})

test('a row of one empty cell is written so that readers see it', async () => {
  assert.equal((await exportCsv([{ a: '' }, { a: null }, { a: 'x' }])).toString(), 'a\r\n""\r\n""\r\nx\r\n')
})

test('cells that cannot be written', async () => {
  const boom = new Error('boom')
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const circular = {}
  circular.self = circular
  for (const [cell, cause] of [
    [Symbol('s')],
    [() => 1],
    [new Date(NaN)],
    [Promise.resolve(1)],
    [circular, TypeError],
    [proxy, TypeError],
    [{ toJSON() { throw boom } }, boom],
    [{ toJSON: () => Symbol('s') }],
    [{ get x() { throw boom } }, boom]
  ]) {
    await assert.rejects(exportCsv([{ a: 1, b: 2 }, { a: 1, b: cell }]), (error) => {
      assert.equal(error.name, 'OffloopError')
      assert.deepEqual([error.code, error.row, error.column], ['ERR_CSV_VALUE', 1, 'b'], error.message)
      assert.match(error.message, /row 1, column "b"/)
      if (typeof cause === 'function') assert.ok(error.cause instanceof cause)
      else assert.equal(error.cause, cause)
      return true
    })
  }
})

test('getters and value functions that throw', async () => {
  const boom = new Error('boom')
  const rows = Array.from({ length: 3000 }, (_, id) => ({ id, get name() { if (id === 2500) throw boom; return 'x' } }))
  const expected = { name: 'OffloopError', code: 'ERR_CSV_VALUE', row: 2500, column: 'name', cause: boom }
  await assert.rejects(exportCsv(rows), expected)
  const value = (_row, index) => { if (index === 2500) throw boom }
  await assert.rejects(exportCsv(TABLE, { columns: ['id', { header: 'name', value }] }), expected)
  await assert.rejects(exportCsv(TABLE, { columns: ['id', { header: 'name', value: () => { throw undefined } }] }), { code: 'ERR_CSV_VALUE', row: 0 })
})

test('an array that changes its length meanwhile', async () => {
  for (const change of [(rows) => rows.pop(), (rows) => rows.push({ id: 1 }), (rows) => { rows.length = 0 }]) {
    const rows = [...TABLE]
    const exporting = exportCsv(rows)
    change(rows)
    await assert.rejects(exporting, (error) => {
      assert.equal(error.code, 'ERR_CSV_SOURCE')
      assert.equal(typeof error.row, 'number')
      assert.match(error.message, /5000/)
      return true
    })
  }
})

test('rows whose cells change while exported are written as they are when read, and none is torn', async () => {
  const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, text: 'before' }))
  const exporting = exportCsv(rows, { maxBlockMs: 0.1 })
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    for (const row of rows) row.text = i % 2 ? 'ünïcödé → €' : 42
  }
  const back = readBack(await exporting)
  assert.equal(back.length, 20_001)
  back.slice(1).forEach(([id, text], index) => {
    assert.equal(id, String(index))
    assert.ok(['before', 'ünïcödé → €', '42'].includes(text), text)
  })
})

test('two exports at once keep to themselves', async (t) => {
  const directory = folder(t)
  const [one, two, file] = await Promise.all([
    exportCsv(TABLE),
    exportCsvStream(later(TABLE), { columns: ['id'] }).toArray(),
    exportCsvFile(TABLE, path.join(directory, 'same.csv')),
    exportCsvFile(TABLE, path.join(directory, 'same.csv'))
  ])
  assert.equal(one.toString(), TEXT)
  assert.equal(Buffer.concat(two).toString(), `id\r\n${TABLE.map(({ id }) => `${id}\r\n`).join('')}`)
  // Both wrote one path: either is whole.
  assert.equal(file.rows, 5000)
  assert.equal(readFileSync(path.join(directory, 'same.csv'), 'utf8'), TEXT)
  await holdsOnly(directory, ['same.csv'])
})

test('a file that was there is replaced', async (t) => {
  const file = path.join(folder(t), 'there.csv')
  writeFileSync(file, 'old'.repeat(1000))
  await exportCsvFile([{ a: 1 }], file)
  assert.equal(readFileSync(file, 'utf8'), 'a\r\n1\r\n')
})

test('awkward names of files', async (t) => {
  const directory = folder(t)
  const names = ['ünï → 😀.csv', ' ', '.hidden', 'a"b\'c\nd.csv', `${'x'.repeat(250)}.csv`]
  for (const name of names) {
    const { bytes } = await exportCsvFile([{ a: 1 }], path.join(directory, name))
    assert.equal(readFileSync(path.join(directory, name)).length, bytes)
  }
  await holdsOnly(directory, names)
})

test('progress is told in rows and bytes that arrived', async (t) => {
  const file = path.join(folder(t), 'slow.csv')
  async function* slow() {
    for (let id = 0; id < 6; id++) {
      yield* Array.from({ length: 3000 }, () => ({ id, text: 'x'.repeat(100) }))
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  }
  const seen = []
  const { rows, bytes } = await exportCsvFile(slow(), file, { onProgress: (progress) => seen.push(progress) })
  assert.ok(seen.length > 0)
  let before = { rows: 0, bytes: 0 }
  for (const progress of seen) {
    assert.deepEqual(Object.keys(progress), ['rows', 'bytes'])
    assert.ok(progress.rows >= before.rows && progress.bytes >= before.bytes)
    assert.ok(progress.rows <= rows && progress.bytes <= bytes)
    before = progress
  }
  assert.equal(rows, 18_000)
})

const cell = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(',', '"', '\r', '\n', ';', '\t', ' ', 'a', 'é', '€', '\ud83d', '\ude00', '\0', '\ufeff') }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, NaN, 1e21, 1e-7, 2 ** 53, 123456789012345680000, 5e-324, Infinity),
  fc.boolean(),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(null, undefined, ''),
  fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
  fc.array(fc.integer(), { maxLength: 3 })
)

/** What the documentation says of a cell. */
function documented(value) {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object') return JSON.stringify(value).toWellFormed()
  return String(value).toWellFormed()
}

test('any table reads back as documented', async () => {
  const table = fc.integer({ min: 2, max: 5 }).chain((width) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 20 })
  )
  const look = fc.record({ delimiter: fc.constantFrom(',', ';', '\t', '|', '€'), lineEnding: fc.constantFrom('\r\n', '\n') })
  await fc.assert(
    fc.asyncProperty(table, look, async (rows, options) => {
      const bytes = await exportCsv(rows, options)
      const back = readBack(bytes, { delimiter: options.delimiter, record_delimiter: options.lineEnding })
      assert.deepEqual(back, rows.map((row) => row.map(documented)))
    }),
    { numRuns: 400 }
  )
})

test('any table of objects reads back as documented, long ones too', async () => {
  const rows = fc.array(fc.record({ a: cell, 'b,"': cell, c: cell }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 1500 }), async (rows, times) => {
      // Columns change their kind in the middle of a batch, and from batch to batch.
      const long = rows.flatMap((row) => Array.from({ length: times }, () => row))
      const back = readBack(await exportCsv(later(long)))
      assert.deepEqual(back, [['a', 'b,"', 'c'], ...long.map((row) => Object.values(row).map(documented))])
    }),
    { numRuns: 40 }
  )
})

test('small exports and large ones are alike', async () => {
  const row = (id) => ({ id, text: id % 7 ? `row ${id}, "quoted"` : 'é€😀', at: new Date(id * 1e9), on: id % 2 === 0, none: id % 3 ? id / 7 : null })
  for (const count of [1, 30, 100, 800, 820, 5000]) {
    const rows = Array.from({ length: count }, (_, id) => row(id))
    for (const options of [{}, { columns: ['text', 'id', 'missing'] }, { header: false, bom: true }]) {
      const array = await exportCsv(rows, options)
      assert.ok(array.equals(await exportCsv(rows.values(), options)), `${count} rows`)
      const places = rows.map((one) => Object.values(one))
      const named = { ...options, columns: Object.keys(rows[0]) }
      assert.ok((await exportCsv(places, named)).equals(await exportCsv(rows, named)))
    }
  }
  // Few cells, much text: begun as a small one, gone on with as a large one.
  const rows = Array.from({ length: 200 }, (_, id) => ({ id, text: `${id}`.repeat(2000), each: '' }))
  let calls = 0
  const columns = ['id', 'text', { header: 'n', value: (_, index) => { calls++; return index } }]
  const expected = `id,text,n\r\n${rows.map(({ id, text }) => `${id},${text},${id}\r\n`).join('')}`
  assert.equal((await exportCsv(rows, { columns })).toString(), expected)
  assert.equal(calls, 200)
})

test('a small export is given up as a large one is', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const columns = [{ header: 'a', value: () => controller.abort(reason) }]
  await assert.rejects(exportCsv([{}], { columns, signal: controller.signal }), reason)
  await assert.rejects(exportCsv([{}], { columns, signal: controller.signal }), reason)
  await assert.rejects(exportCsv([{ a: 1 }], { timeoutMs: 0 }), { code: 'ERR_DEADLINE' })
})

test('columns instead of rows', async () => {
  const columns = {
    f64: new Float64Array([0.5, -0, NaN, 1e21]),
    f32: new Float32Array([0.5, 0.1, Infinity, 16777216]),
    i8: new Int8Array([-128, 0, 1, 127]),
    u8: new Uint8Array([0, 1, 2, 255]),
    clamped: new Uint8ClampedArray([0, 1, 2, 300]),
    i16: new Int16Array([-32768, 0, 1, 32767]),
    u16: new Uint16Array([0, 1, 2, 65535]),
    i32: new Int32Array([-(2 ** 31), 0, 1, 2 ** 31 - 1]),
    u32: new Uint32Array([0, 1, 2, 2 ** 32 - 1]),
    i64: new BigInt64Array([-(2n ** 63n), 0n, 1n, 2n ** 63n - 1n]),
    u64: new BigUint64Array([0n, 1n, 2n, 2n ** 64n - 1n]),
    shared: new Float64Array(new SharedArrayBuffer(32)),
    text: ['a', 'b,c', null, new Date(0)],
    like: { length: 4, 0: 1, 3: 'x' }
  }
  const rows = Array.from({ length: 4 }, (_, at) => Object.fromEntries(Object.entries(columns).map(([key, values]) => [key, values[at]])))
  const expected = await exportCsv(rows)
  assert.ok((await exportCsv({ columns })).equals(expected), expected.toString())
  const some = [{ key: 'u64', header: 'U' }, 'text']
  assert.equal((await exportCsv({ columns }, { columns: some })).toString(), (await exportCsv(rows, { columns: some })).toString())
  assert.equal((await exportCsv({ columns: { a: [], b: new Float64Array(0) } })).toString(), 'a,b\r\n')

  const many = Array.from({ length: 300_000 }, (_, i) => i * 0.37)
  const all = `a,b\r\n${many.map((value, i) => `${value},${i}\r\n`).join('')}`
  assert.ok((await exportCsv({ columns: { a: Float64Array.from(many), b: Int32Array.from(many.keys()) } })).equals(Buffer.from(all)))
  assert.ok((await exportCsv({ columns: { a: many, b: Int32Array.from(many.keys()) } })).equals(Buffer.from(all)))
  const text = Array.from({ length: 30 }, (_, i) => `${i}`.repeat(100_000))
  assert.equal((await exportCsv({ columns: { text, n: Uint8Array.from(text.keys()) } })).length, 'text,n\r\n'.length + text.join('').length + 30 * 3 + 50)
})

test('columns that do not fit', async () => {
  await assert.rejects(exportCsv({ columns: { a: [1], b: [1, 2] } }), { code: 'ERR_CSV_SOURCE', row: 1, message: /one length/ })
  await assert.rejects(exportCsv({ columns: {} }), { code: 'ERR_INVALID_ARG' })
  await assert.rejects(exportCsv({ columns: { a: 5 } }), { code: 'ERR_INVALID_ARG', message: /"a"/ })
  await assert.rejects(exportCsv({ columns: { a: [1] } }, { columns: ['b'] }), { code: 'ERR_INVALID_ARG', message: /"b"/ })
  await assert.rejects(exportCsv({ columns: { a: [1] } }, { columns: [{ key: 'a', value: () => 1 }] }), { code: 'ERR_INVALID_ARG', message: /value function/ })
  await assert.rejects(exportCsv({ columns: { a: [1, Symbol('s')] } }), { code: 'ERR_CSV_VALUE', row: 1, column: 'a' })
  const buffer = new ArrayBuffer(8 * 200_000)
  const shrinking = exportCsv({ columns: { a: new Float64Array(buffer) } })
  structuredClone(buffer, { transfer: [buffer] })
  await assert.rejects(shrinking, { code: 'ERR_CSV_SOURCE' })
})

test('more than a string can hold', async () => {
  const { constants } = require('node:buffer')
  const text = 'x'.repeat(2 ** 20)
  const count = Math.ceil(constants.MAX_STRING_LENGTH / text.length) + 1
  function* rows() {
    for (let id = 0; id < count; id++) yield { id, text }
  }
  const bytes = await exportCsv(rows())
  assert.ok(bytes.length > constants.MAX_STRING_LENGTH)
  const digits = Array.from({ length: count }, (_, id) => String(id).length).reduce((sum, length) => sum + length)
  assert.equal(bytes.length, 'id,text\r\n'.length + digits + count * (text.length + 3))
  assert.equal(bytes.toString('latin1', bytes.length - 5), 'xxx\r\n')
})
