'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const vm = require('node:vm')
const fc = require('fast-check')
const { fakeFacade } = require('./support/csv-session.js')

/** The cells of an export, a header row first if there is one. */
async function cells(rows, options) {
  const facade = fakeFacade()
  await facade.exportCsv(rows, options)
  return facade.sessions[0].rows
}

const refuses = (rows, expected, options) => assert.rejects(cells(rows, options), expected)

test('every kind of value', async () => {
  const now = new Date(1_700_000_000_123)
  const bytes = { toJSON: () => ({ a: 1 }) }
  const values = [
    [null, null],
    [undefined, undefined],
    ['text', 'text'],
    ['', ''],
    ['Zürich', 'Zürich'],
    ['漢字 😀', '漢字 😀'],
    [1.5, 1.5],
    [NaN, NaN],
    [-Infinity, -Infinity],
    [true, true],
    [false, false],
    [-(2n ** 63n), -(2n ** 63n)],
    [2n ** 63n, { decimal: String(2n ** 63n) }],
    [-(2n ** 70n), { decimal: String(-(2n ** 70n)) }],
    [now, { date: +now }],
    [vm.runInNewContext('new Date(5)'), { date: 5 }],
    [{ a: [1] }, '{"a":[1]}'],
    [[1, 'b'], '[1,"b"]'],
    [new URL('http://a.test/'), 'http://a.test/'],
    [bytes, '{"a":1}'],
    [{ toJSON: () => 7 }, 7],
    [{ toJSON: () => null }, null],
    [{ toJSON: () => true }, true],
    [{ toJSON: () => 5n }, 5n],
    [{ a: 1n, b: [2n ** 80n] }, `{"a":"1","b":["${2n ** 80n}"]}`],
    [new Map([['a', new Map([[1, 'b']])]]), '{"a":[[1,"b"]]}'],
    [new Set([1, new Set(['x'])]), '[1,["x"]]'],
    [{ toFixed: () => '-12.50', toJSON: () => '-1.25e+1' }, { decimal: '-12.50' }],
    [{ toFixed: () => 'NaN', toJSON: () => 'NaN' }, 'NaN'],
    [Buffer.from([0, 255, 65]), { bytes: '\0\xffA' }],
    [new Uint16Array([258]), { bytes: '\x02\x01' }],
    [new Uint8Array([1, 2, 3]).subarray(1), { bytes: '\x02\x03' }],
    [new Uint8Array([7]).buffer, { bytes: '\x07' }]
  ]
  // One mixed column, and one column a value.
  assert.deepEqual(await cells(values.map(([value]) => ({ value })), { header: false }), values.map(([, cell]) => [cell]))
  const wide = [values.map(([value]) => value)]
  assert.deepEqual(await cells(wide), [values.map(([, cell]) => cell)])
})

test('values that cannot be written name their row, their column and a remedy', async () => {
  const bad = [
    [Symbol('s'), /symbol/],
    [() => 1, /function/],
    [new Date(NaN), /invalid Date/],
    [Promise.resolve(1), /await/],
    [{ toJSON: () => Symbol('s') }, /toJSON/],
    [Object.create(Date.prototype, { toJSON: { value: () => { throw new Error('boom') } } }), /boom/]
  ]
  for (const [value, message] of bad) {
    const rows = [{ id: 1, v: null }, { id: 2, v: value }]
    await refuses(rows, { name: 'OffloopError', code: 'ERR_CSV_VALUE', row: 1, column: 'v', message })
  }
  const circular = {}
  circular.self = circular
  await refuses([{ circular }], { code: 'ERR_CSV_VALUE', row: 0, column: 'circular' })
})

test('a getter or a value function that throws is the cause', async () => {
  const cause = new Error('boom')
  const row = {
    get bad() {
      throw cause
    }
  }
  await refuses([row], { code: 'ERR_CSV_VALUE', row: 0, column: 'bad', cause })
  const columns = [{ header: 'Sum', value: () => { throw cause } }]
  await refuses([{}], { code: 'ERR_CSV_VALUE', row: 0, column: 'Sum', cause, message: /value function/ }, { columns })
  const nasty = { get v() { throw Object.create(null) } }
  await refuses([nasty], { code: 'ERR_CSV_VALUE' })
})

test('columns: keys, paths, headers, functions', async () => {
  const rows = [
    { id: 1, user: { name: 'Ada', address: { city: 'London' } }, 'user.name': 'literal' },
    { id: 2, user: { name: 'Bo' } },
    { id: 3, user: null },
    { id: 4, 'user.name': undefined, user: { name: 'hidden' } }
  ]
  const columns = [
    'id',
    'user.name',
    { key: 'user.address.city', header: 'City' },
    { header: 'Twice', value: (row, index) => `${row.id * 2} at ${index}` }
  ]
  assert.deepEqual(await cells(rows, { columns }), [
    ['id', 'user.name', 'City', 'Twice'],
    [1, 'literal', 'London', '2 at 0'],
    [2, 'Bo', undefined, '4 at 1'],
    [3, undefined, undefined, '6 at 2'],
    [4, undefined, undefined, '8 at 3']
  ])
})

test('without columns: the keys of the first row, literally', async () => {
  const rows = [{ 'a.b': 1, c: 2 }, { c: 3 }, { c: undefined }, Object.create({ a: { b: 4 } }), { c: null }]
  assert.deepEqual(await cells(rows), [
    ['a.b', 'c'],
    [1, 2],
    [undefined, 3],
    [undefined, undefined],
    [undefined, undefined],
    [undefined, null]
  ])
})

test('without columns, a key that the first row lacks is not lost in silence', async () => {
  for (const at of [1, 40, 5000]) {
    for (const odd of [{ a: 1, b: 2 }, { b: 2 }, { a: undefined, b: undefined }, { constructor: 1 }]) {
      const rows = Array.from({ length: 6000 }, (_, i) => (i === at ? odd : { a: i }))
      const column = Object.hasOwn(odd, 'b') ? 'b' : 'constructor'
      await refuses(rows, { code: 'ERR_CSV_COLUMN', row: at, column, message: /options\.columns/ })
      await refuses(rows.values(), { code: 'ERR_CSV_COLUMN', row: at, column })
      assert.equal((await cells(rows, { columns: ['a'] })).length, 6001)
    }
  }
})

test('what every object inherits is no column', async () => {
  const own = JSON.parse('{"constructor": 1, "__proto__": 2, "toString": 3}')
  const header = ['constructor', '__proto__', 'toString']
  assert.deepEqual(await cells([own, {}]), [header, [1, 2, 3], [undefined, undefined, undefined]])
  assert.deepEqual(await cells([{ a: {} }], { columns: ['a.constructor', 'a.toString.name'], header: false }), [
    [undefined, undefined]
  ])
})

test('what a class defines is a column', async () => {
  class User {
    get name() {
      return 'Ada'
    }
  }
  assert.deepEqual(await cells([new User()], { columns: ['name'] }), [['name'], ['Ada']])
})

test('array rows go by place', async () => {
  assert.deepEqual(await cells([[1, 2], [3], []]), [[1, 2], [3, undefined], [undefined, undefined]])
  assert.deepEqual(await cells([[1, 2]], { columns: ['a', { header: 'B' }] }), [['a', 'B'], [1, 2]])
  assert.deepEqual(await cells([[1, 2]], { columns: ['a', { header: 'Sum', value: ([a, b]) => a + b }] }), [['a', 'Sum'], [1, 3]])
  assert.deepEqual(await cells([[1, 2], { a: 3, b: 4 }], { columns: ['a', 'b'], header: false }), [[1, 2], [3, 4]])
})

test('rows and columns that do not fit', async () => {
  await refuses([[1, 2], [1, 2, 3]], { code: 'ERR_CSV_COLUMN', row: 1, message: /at most 2 .* got 3/ })
  await refuses([[1, 2]], { code: 'ERR_CSV_COLUMN', row: 0 }, { columns: ['a'] })
  await refuses([{}], { code: 'ERR_CSV_COLUMN', row: 0, message: /options\.columns/ })
  await refuses([[]], { code: 'ERR_CSV_COLUMN', row: 0 })
  await refuses([{ B: 1 }], { code: 'ERR_CSV_COLUMN', row: 0, column: 'B' }, { columns: [{ header: 'B' }] })
})

test('nothing to export', async () => {
  assert.deepEqual(await cells([]), [])
  assert.deepEqual(await cells([], { columns: ['a', 'b'] }), [['a', 'b']])
  assert.deepEqual(await cells([], { columns: ['a'], header: false }), [])
})

test('batches are bounded by cells and by characters, and reuse of their memory does not show', async () => {
  const facade = fakeFacade()
  const rows = Array.from({ length: 10_000 }, (_, id) => ({ id, text: `row ${id}`, mixed: id % 3 ? id : `s${id}` }))
  await facade.exportCsv(rows, { header: false })
  const [session] = facade.sessions
  assert.ok(session.batches.every((batch) => batch.length <= 4096))
  assert.ok(session.batches.length > 1)
  assert.deepEqual(session.rows, rows.map(Object.values))

  const long = Array.from({ length: 6 }, (_, i) => ({ text: String(i).repeat(300_000) }))
  await facade.exportCsv(long, { header: false })
  assert.deepEqual(facade.sessions[1].batches.map((batch) => batch.length), [2, 2, 2])
})

test('any table comes through', async () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.double(),
    fc.boolean(),
    fc.bigInt(),
    fc.date({ noInvalidDate: true })
  )
  const cell = (v) => (typeof v === 'bigint' && BigInt.asIntN(64, v) !== v ? { decimal: String(v) } : v instanceof Date ? { date: +v } : v)
  const table = fc.integer({ min: 1, max: 5 }).chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width })))
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      assert.deepEqual(await cells(rows), rows.map((row) => row.map(cell)))
    }),
    { numRuns: 200 }
  )
})
