'use strict'

// The loop that is made for the columns of an export against the one that goes cell by cell: what they pack must be
// the same, byte for byte of what is read, and what they refuse too.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const fc = require('fast-check')
const { fromOption, fromRow } = require('../lib/csv/columns.js')
const { Packer } = require('../lib/csv/packer.js')
const { IterableRows } = require('../lib/csv/sources.js')
const { unpack } = require('./support/csv-session.js')

/** A packer that never makes a loop. */
function plain(columns, rules) {
  const packer = new Packer(columns, rules)
  packer.loops = undefined
  packer.learning = false
  return packer
}

/** Everything that a packer makes of the rows, batch by batch; or what it throws, and where. */
function packed(packer, add) {
  const batches = []
  const take = () => {
    batches.push({ first: packer.first, rows: unpack(packer.slab, packer.slab.wide()) })
    packer.clear()
  }
  try {
    while (add(packer)) if (packer.full) take()
    take()
    return { batches }
  } catch (error) {
    return { code: error.code, row: error.row, column: error.column, message: error.message }
  } finally {
    packer.release()
  }
}

function fromArray(rows) {
  let at = 0
  return (packer) => {
    at = packer.addRows(rows, at, Math.min(rows.length, at + 7))
    return at < rows.length
  }
}

function fromIterator(rows) {
  const source = new IterableRows(rows.values())
  return (packer) => {
    packer.addFrom(source, 7)
    return !source.done
  }
}

const value = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 4, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 2, arbitrary: fc.date({ noInvalidDate: true }) },
  fc.constantFrom(null, undefined, new Date(NaN), Symbol('s'), new Uint8Array([1, 200])),
  fc.bigInt(),
  fc.record({ b: fc.string() })
)
const keys = ['a', 'b', 'constructor', '__proto__', 'a.b', 'ü"\n', '0']
const object = fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), value), { selector: ([key]) => key, minLength: 1 })
  .map((entries) => {
    const row = {}
    for (const [key, cell] of entries) Object.defineProperty(row, key, { value: cell, enumerable: true, configurable: true, writable: true })
    return row
  })

/** Mostly alike, as rows are, with an odd one here and there. */
const rowsOf = (row) => fc.tuple(row, row, fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 40, maxLength: 120 }))
  .map(([usual, odd, which]) => which.map((n) => (n === 0 ? odd : usual)))

const columnsOption = fc.uniqueArray(fc.constantFrom('a', 'b', 'a.b', 'constructor', 'b.b', 'a.constructor', 'x.y.z', 'ü"\n', 'VALUE'), { minLength: 1 })
  .map((names) => names.map((name) => (name === 'VALUE' ? { header: name, value: (row, index) => [row.b, index][index % 2] } : name)))

function same(rows, columns, rules) {
  for (const from of [fromArray, fromIterator]) {
    const expected = packed(plain(columns, rules), from(rows))
    // More often than it takes for a loop to be kept.
    for (let time = 0; time < 5; time++) assert.deepEqual(packed(new Packer(columns, rules), from(rows)), expected)
  }
}

test('objects, with columns of their own', () => {
  fc.assert(fc.property(rowsOf(object), columnsOption, (rows, names) => same(rows, fromOption(names, true), {})), { numRuns: 300 })
})

test('objects, with the columns of the first', () => {
  fc.assert(fc.property(rowsOf(object), (rows) => same(rows, fromRow(rows[0], 0).columns, { strict: true })), { numRuns: 300 })
})

test('arrays', () => {
  const array = fc.array(value, { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(rowsOf(array), (rows) => same(rows, fromRow(rows[0], 0).columns, { arrays: true })),
    { numRuns: 300 }
  )
})

test('rows that are none, or that throw', () => {
  const boom = new Error('boom')
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const nasty = new Proxy({}, { ownKeys() { throw boom } })
  const getter = { get a() { throw boom } }
  for (const odd of [null, undefined, 5, 'text', proxy, nasty, getter, [1, 2, 3], [1]]) {
    const rows = Array.from({ length: 100 }, (_, i) => (i === 70 ? odd : { a: i }))
    same(rows, fromRow(rows[0], 0).columns, { strict: true })
    same(rows, fromOption(['a'], true), {})
  }
  const thrower = fromOption([{ header: 'v', value: (_, index) => { if (index === 70) throw boom; return index } }], true)
  same(Array.from({ length: 100 }, () => ({})), thrower, {})
})

test('many columns, and more than a loop is made for', () => {
  for (const width of [1, 31, 32, 33, 64, 65, 200, 2000, 2001, 9000]) {
    const row = Object.fromEntries(Array.from({ length: width }, (_, i) => [`c${i}`, i % 2 ? i : `text ${i}`]))
    const rows = Array.from({ length: 50 }, () => row)
    same(rows, fromRow(row, 0).columns, { strict: true })
  }
})

test('an iterator that gives the same object each time', () => {
  const row = { id: 0, text: '' }
  const rows = { *[Symbol.iterator]() { for (let id = 0; id < 200; id++) yield Object.assign(row, { id, text: `t${id}` }) } }
  const packer = new Packer(fromRow(row, 0).columns, { strict: true })
  const source = new IterableRows(rows)
  while (!source.done) packer.addFrom(source, 64)
  assert.deepEqual(unpack(packer.slab, packer.slab.wide()), Array.from({ length: 200 }, (_, id) => [id, `t${id}`]))
})

test('an iterator that fails has ended, and the row is named', () => {
  function* rows() {
    for (let id = 0; id < 90; id++) yield { id }
    throw new Error('boom')
  }
  for (const columns of [fromOption(['id'], true), fromRow({ id: 1 }, 0).columns]) {
    const packer = new Packer(columns, {})
    const source = new IterableRows(rows())
    assert.throws(() => { while (!source.done) packer.addFrom(source, 64) }, { code: 'ERR_CSV_SOURCE', row: 90, message: /boom/ })
    assert.ok(source.done)
  }
})
