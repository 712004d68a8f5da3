'use strict'

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { Readable } = require('node:stream')
const { setTimeout: sleep } = require('node:timers/promises')
const { test } = require('node:test')
const { WAIT, openSource } = require('../lib/csv/sources.js')
const { fakeFacade, until } = require('./support/csv-session.js')

const rows = Array.from({ length: 5000 }, (_, id) => ({ id, name: `row ${id}` }))
const expected = rows.map(Object.values)
const noHeader = { header: false }

function* sync() {
  yield* rows
}
async function* quick() {
  yield* rows
}
async function* slow() {
  for (const row of rows) {
    if (row.id % 1000 === 0) await sleep(1)
    yield row
  }
}
const thenables = { [Symbol.asyncIterator]: () => ({ i: 0, next() { return { done: this.i === 3, value: rows[this.i++] } } }) }

for (const [name, source, count] of [
  ['an array', () => rows],
  ['a generator', sync],
  ['a Set', () => new Set(rows)],
  ['an async generator', quick],
  ['an async generator that pauses', slow],
  ['an async iterable that answers without promises', () => thenables, 3],
  ['an object-mode Readable', () => Readable.from(rows)],
  ['a Readable over an async generator', () => Readable.from(slow())],
  ['a web stream', () => Readable.toWeb(Readable.from(rows))]
]) {
  test(`rows of ${name}`, async () => {
    const { exportCsv, sessions } = fakeFacade()
    await exportCsv(source(), noHeader)
    assert.deepEqual(sessions[0].rows, expected.slice(0, count))
  })
}

test('a row object that a synchronous iterable uses again is read before the next', async () => {
  const row = { id: 0 }
  function* reuse() {
    for (row.id = 0; row.id < 3; row.id++) yield row
  }
  const { exportCsv, sessions } = fakeFacade()
  await exportCsv(reuse(), noHeader)
  assert.deepEqual(sessions[0].rows, [[0], [1], [2]])
})

test('what is no source rejects', async () => {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  const { exportCsv, sessions } = fakeFacade()
  for (const source of [undefined, null, 1, 'a,b', {}, () => [], Symbol('s'), Readable.from([Buffer.from('x')], { objectMode: false }), proxy]) {
    await assert.rejects(exportCsv(source), { name: 'TypeError', code: 'ERR_INVALID_ARG', message: /^rows / })
  }
  assert.equal(sessions.length, 0)
})

test('rows that are none', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  for (const bad of [null, undefined, 1, 'row', Symbol('s'), () => 1, proxy]) {
    const { exportCsv } = fakeFacade()
    await assert.rejects(exportCsv([{ id: 1 }, bad], noHeader), (error) => {
      assert.equal(error.name, 'OffloopError')
      assert.ok(error.code === 'ERR_CSV_SOURCE' || (bad === proxy && error.code === 'ERR_CSV_VALUE'), error.code)
      assert.equal(error.row, 1)
      return true
    })
    await assert.rejects(exportCsv([bad], noHeader), { code: 'ERR_CSV_SOURCE', row: 0 })
  }
  const { exportCsv } = fakeFacade()
  await assert.rejects(exportCsv([Promise.resolve({})]), { code: 'ERR_CSV_SOURCE', message: /await/ })
  await assert.rejects(exportCsv([new Uint8Array(2)]), { code: 'ERR_CSV_SOURCE', message: /Uint8Array/ })
  await assert.rejects(exportCsv(Object.assign([], { length: 2 })), { code: 'ERR_CSV_SOURCE', row: 0 })
})

test('an array that grows or shrinks meanwhile', async () => {
  for (const change of [(array) => array.pop(), (array) => array.push({ id: 9 })]) {
    const array = Array.from({ length: 10 }, (_, id) => ({ get id() { if (id === 3) change(array); return id } }))
    const { exportCsv, sessions } = fakeFacade()
    await assert.rejects(exportCsv(array), { code: 'ERR_CSV_SOURCE', message: /had 10 rows/ })
    assert.ok(sessions[0].cancelled)
  }
})

test('a source that fails', async () => {
  const cause = new Error('boom')
  function* sync() {
    yield rows[0]
    throw cause
  }
  async function* later() {
    yield rows[0]
    yield rows[1]
    throw cause
  }
  const stream = () => {
    // A stream that fails drops the rows that nobody has read yet.
    const readable = new Readable({ objectMode: true, read() { this.destroy(cause) } })
    readable.push(rows[0])
    return readable
  }
  const lying = { [Symbol.iterator]: () => ({ next: () => 5 }) }
  const throwing = { [Symbol.iterator]() { throw cause } }
  const none = { [Symbol.asyncIterator]: () => ({}) }
  for (const [source, row, why] of [[sync, 1, cause], [later, 2, cause], [stream, 0, cause], [() => lying, 0], [() => throwing, 0, cause], [() => none, 0]]) {
    const { exportCsv, sessions } = fakeFacade()
    await assert.rejects(exportCsv(source(), noHeader), (error) => {
      assert.equal(error.code, 'ERR_CSV_SOURCE')
      assert.equal(error.row, row)
      if (why !== undefined) assert.equal(error.cause, why)
      return true
    })
    assert.equal(sessions[0].cancelled?.code, 'ERR_CSV_SOURCE')
  }
})

test('a Readable that is closed early or was read before', async () => {
  const early = new Readable({ objectMode: true, read() {} })
  early.push(rows[0])
  setImmediate(() => early.destroy())
  await assert.rejects(fakeFacade().exportCsv(early), { code: 'ERR_CSV_SOURCE', message: /closed before its end/ })

  const read = Readable.from(rows)
  await read.toArray()
  await assert.rejects(fakeFacade().exportCsv(read), { code: 'ERR_CSV_SOURCE' })

  const destroyed = Readable.from(rows)
  destroyed.destroy()
  await assert.rejects(fakeFacade().exportCsv(destroyed), { code: 'ERR_CSV_SOURCE' })
})

test('on a failure the source is told, once', async () => {
  const bad = { id: Symbol('s') }
  const returned = []
  function* sync() {
    try {
      yield bad
      yield bad
    } finally {
      returned.push('sync')
    }
  }
  async function* later() {
    try {
      yield bad
      yield bad
    } finally {
      returned.push('async')
    }
  }
  const stream = Readable.from([bad, bad])
  for (const source of [sync(), later(), stream]) {
    await assert.rejects(fakeFacade().exportCsv(source), { code: 'ERR_CSV_VALUE', row: 0 })
  }
  await until(() => returned.length === 2)
  assert.deepEqual(returned, ['sync', 'async'])
  assert.ok(stream.destroyed)
})

test('a return() that throws does not hide the failure', async () => {
  for (const symbol of [Symbol.iterator, Symbol.asyncIterator]) {
    const source = {
      [symbol]: () => ({
        next: () => ({ done: false, value: 1 }),
        return() {
          throw new Error('from return')
        }
      })
    }
    await assert.rejects(fakeFacade().exportCsv(source), { code: 'ERR_CSV_SOURCE', message: /got 1/ })
  }
})

test('a session that fails stops the source', async () => {
  const reason = new Error('aborted')
  let returned = false
  function* endless() {
    try {
      for (;;) yield rows[0]
    } finally {
      returned = true
    }
  }
  const { exportCsv, sessions } = fakeFacade()
  const done = exportCsv(endless())
  await until(() => sessions[0].batches.length > 3)
  sessions[0].reject(reason)
  await assert.rejects(done, reason)
  assert.ok(returned)
  const { length } = sessions[0].batches
  await sleep(5)
  assert.equal(sessions[0].batches.length, length)
})

test('a generator that ends its own export is closed all the same', async () => {
  let returned = false
  const holder = { destroy() {} }
  function* source() {
    try {
      yield rows[0]
      holder.destroy()
      yield rows[1]
      yield rows[2]
    } finally {
      returned = true
    }
  }
  const { exportCsvStream } = fakeFacade()
  const stream = exportCsvStream(source())
  holder.destroy = () => stream.destroy()
  await assert.rejects(stream.summary, { name: 'AbortError' })
  await until(() => returned)
})

test('a refused export leaves its source alone', async () => {
  const refuse = Object.assign(new Error('full'), { code: 'ERR_QUEUE_FULL' })
  const source = { [Symbol.iterator]: () => assert.fail('touched') }
  const { exportCsv, exportCsvFile } = fakeFacade({ refuse })
  await assert.rejects(exportCsv(source), refuse)
  await assert.rejects(exportCsvFile(source, 'x.csv'), refuse)
  const readable = Readable.from(rows)
  await assert.rejects(exportCsv(readable), refuse)
  assert.equal(readable.destroyed, false)
})

test('an async source is not read far ahead of the packer', async () => {
  let given = 0
  async function* source() {
    for (;;) yield { id: given++ }
  }
  const { exportCsv, sessions } = fakeFacade({ auto: false, maxPending: 1 })
  const done = exportCsv(source(), noHeader)
  await until(() => sessions[0].pending === 1)
  await sleep(5)
  assert.ok(given <= sessions[0].rows.length + 4096 + 257 + 1, `${given} given, ${sessions[0].rows.length} packed`)
  sessions[0].reject(new Error('enough'))
  await assert.rejects(done, /enough/)
})

test('rows taken from an async source are forgotten, even if some always wait', async () => {
  async function* endless() {
    for (let id = 0; ; id++) yield { id }
  }
  const source = openSource('async', endless(), () => {}, () => 0)
  assert.equal(source.look(), WAIT)
  let id = 0
  for (let round = 0; round < 50; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(source.look() >= 100)
    for (let taken = 0; taken < 100; taken++) assert.equal(source.rows[source.next++].id, id++)
    assert.ok(source.rows.length <= 2 * 256, `${source.rows.length} kept`)
  }
  source.close()
})

test('the functions of an export run in the async context of its call', async () => {
  const storage = new AsyncLocalStorage()
  const seen = new Map()
  const note = (name, what) => {
    const key = `${name} ${what}`
    if (!seen.has(key)) seen.set(key, new Set())
    seen.get(key).add(storage.getStore())
  }
  const run = (name, source) =>
    storage.run(name, () =>
      fakeFacade().exportCsv(source(name), { columns: [{ header: 'v', value: () => note(name, 'value') }] })
    )
  function* sync(name) {
    for (let i = 0; i < 5000; i++) {
      note(name, 'iterator')
      yield {}
    }
  }
  async function* later(name) {
    for (let i = 0; i < 5000; i++) {
      if (i % 500 === 0) await Promise.resolve()
      note(name, 'async iterator')
      yield {}
    }
  }
  await Promise.all([run('a', sync), run('b', later), run('c', sync)])
  assert.deepEqual([...seen], [...seen.keys()].map((key) => [key, new Set([key[0]])]))
  assert.equal(seen.size, 6)
})

test('an asynchronous iterator that fails between two looks names the row that it owed', async () => {
  let refuse
  let asked = 0
  const iterator = {
    next() {
      if (asked++ < 3) return Promise.resolve({ done: false, value: [asked] })
      return new Promise((resolve, reject) => { refuse = reject })
    }
  }
  const source = openSource('async', { [Symbol.asyncIterator]: () => iterator }, () => {}, () => 0)
  assert.equal(source.look(), WAIT)
  await until(() => refuse !== undefined)
  assert.equal(source.look(), 3)
  // Two are packed, and the slice ends there.
  source.next = 2
  refuse(new Error('gone'))
  await sleep(0)
  assert.equal(source.look(), 1)
  source.next = 1
  assert.throws(() => source.look(), { code: 'ERR_CSV_SOURCE', row: 3 })
})
