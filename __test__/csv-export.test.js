'use strict'

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const path = require('node:path')
const { pipeline } = require('node:stream/promises')
const { Readable, Writable } = require('node:stream')
const { setTimeout: sleep } = require('node:timers/promises')
const { test } = require('node:test')
const { exportOptions } = require('../lib/csv/options.js')
const { Scheduler } = require('../lib/csv/scheduler.js')
const { fakeFacade, until } = require('./support/csv-session.js')

const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row ${id}` }))
const text = rows.map(({ id, name }) => `${id}|${name}\n`).join('')

test('wrong options reject before anything starts', async () => {
  const { createCsvTransform, exportCsv, exportCsvStream, exportCsvFile, sessions } = fakeFacade()
  const throwing = { get header() { throw new Error('boom') } }
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  const table = [
    [{ separator: ';' }, /separator is no known option/],
    [{ dialect: 'csv' }, /dialect/],
    [{ compress: 'br' }, /compress/],
    [null, /options must be an object/],
    [[], /options must be an object/],
    ['x', /options must be an object/],
    [throwing, /header could not be read/],
    [{ header: 1 }, /header must be true or false/],
    [{ bom: 'yes' }, /bom/],
    [{ delimiter: '' }, /delimiter/],
    [{ delimiter: '"' }, /delimiter/],
    [{ delimiter: '\n' }, /delimiter/],
    [{ delimiter: '\r' }, /delimiter/],
    [{ delimiter: '\ud83d' }, /delimiter/],
    [{ delimiter: 44 }, /delimiter/],
    [{ lineEnding: '\r' }, /lineEnding/],
    [{ lineEnding: 10 }, /lineEnding/],
    [{ maxBlockMs: 0 }, /maxBlockMs/],
    [{ maxBlockMs: NaN }, /maxBlockMs/],
    [{ maxBlockMs: -1 }, /maxBlockMs/],
    [{ maxBlockMs: 1e9 }, /maxBlockMs/],
    [{ maxBlockMs: '4' }, /maxBlockMs/],
    [{ onProgress: {} }, /onProgress/],
    [{ columns: 'id' }, /columns/],
    [{ columns: [] }, /columns/],
    [{ columns: [1] }, /columns\[0\]/],
    [{ columns: ['a', null] }, /columns\[1\]/],
    [{ columns: [{}] }, /columns\[0\]/],
    [{ columns: [{ value: () => 1 }] }, /columns\[0\] must have a header or a key/],
    [{ columns: [{ key: 1 }] }, /columns\[0\]\.key/],
    [{ columns: [{ key: 'a', header: 1 }] }, /columns\[0\]\.header/],
    [{ columns: [{ key: 'a', value: 1 }] }, /columns\[0\]\.value/],
    [{ columns: [{ key: 'a', format: 'hex' }] }, /columns\[0\]\.format must be an object/],
    [{ columns: [{ key: 'a', type: 'date' }] }, /columns\[0\]\.type is no known option/],
    [{ columns: Array.from({ length: 100_000 }, () => 'a') }, /columns must be at most/],
    [{ columns: proxy }, /columns could not be read/]
  ]
  for (const [options, message] of table) {
    const expected = { code: 'ERR_INVALID_ARG', message }
    await assert.rejects(exportCsv(rows, options), expected)
    await assert.rejects(exportCsvFile(rows, 'x.csv', options), expected)
    assert.throws(() => exportCsvStream(rows, options), expected)
    assert.throws(() => createCsvTransform(options), expected)
  }
  for (const file of [undefined, null, 1, '', 'a\0b', Buffer.from('x'), new URL('file:///x')]) {
    await assert.rejects(exportCsvFile(rows, file), { code: 'ERR_INVALID_ARG', message: /^path must be/ })
  }
  assert.equal(sessions.length, 0)
})

test('the session is asked for what was asked for', async () => {
  const { createCsvTransform, exportCsv, exportCsvFile, exportCsvStream, requests } = fakeFacade()
  assert.deepEqual(await exportCsv([], { timeoutMs: 5 }), Buffer.from('data'))
  const options = { delimiter: '😀', lineEnding: '\n', bom: true, compress: { zstd: 7 }, verify: false, format: { null: '-' } }
  await exportCsvFile([], 'some/file.csv', options)
  await exportCsvStream([], options).toArray()
  await createCsvTransform(options).end().toArray()
  const usual = { style: exportOptions({}, [], () => {}).style, compress: { kind: 'none', level: 0 }, verify: false }
  const asked = { style: exportOptions(options, [], () => {}).style, compress: { kind: 'zstd', level: 7 }, verify: false, job: { timeoutMs: undefined, lane: 'bulk' } }
  assert.deepEqual(requests, [
    { destination: 'buffer', ...usual, job: { timeoutMs: 5, lane: 'bulk' } },
    { destination: 'file', path: path.resolve('some/file.csv'), ...asked },
    { destination: 'stream', ...asked },
    { destination: 'stream', ...asked }
  ])
  assert.equal(asked.style.delimiter, '😀')
})

test('a summary counts the rows of the source, not the header', async () => {
  const { exportCsvFile } = fakeFacade()
  const summary = await exportCsvFile(rows, 'x.csv')
  assert.deepEqual(Object.keys(summary).sort(), ['bytes', 'longestBlockMs', 'rows', 'sha256'])
  assert.equal(summary.rows, rows.length)
  assert.ok(summary.longestBlockMs > 0)
})

test('progress: rows and bytes that arrived, at most every 100 ms, in the context of the call', async () => {
  const storage = new AsyncLocalStorage()
  const clock = { time: 0 }
  const scheduler = new Scheduler(() => clock.time)
  const { exportCsv, sessions } = fakeFacade({ auto: false }, scheduler)
  const seen = []
  const done = storage.run('mine', () =>
    exportCsv(rows, { onProgress: ({ rows, bytes }) => seen.push([clock.time, rows, bytes, storage.getStore()]) })
  )
  let answered = 0
  let header = true
  while (!sessions[0].finished || sessions[0].pending > 0) {
    await until(() => sessions[0].pending > 0)
    clock.time += 60
    const batch = sessions[0].unanswered[0]
    if (!header) answered += batch.length
    header = false
    sessions[0].answer()
    if (seen.at(-1)?.[0] === clock.time) assert.deepEqual(seen.at(-1), [clock.time, answered, sessions[0].bytes, 'mine'])
    await until(() => sessions[0].pending > 0 || sessions[0].finished)
  }
  await done
  assert.ok(seen.length >= 1)
  for (let i = 1; i < seen.length; i++) assert.ok(seen[i][0] - seen[i - 1][0] >= 100)
})

test('onProgress that throws or rejects rejects the export with it', async () => {
  const cause = new Error('boom')
  for (const onProgress of [() => { throw cause }, async () => { throw cause }]) {
    let time = 0
    const { exportCsv, sessions } = fakeFacade({}, new Scheduler(() => (time += 1)))
    await assert.rejects(exportCsv(rows, { onProgress }), cause)
    assert.equal(sessions[0].cancelled, cause)
  }
})

test('a stream of the bytes, with a summary', async () => {
  const { exportCsvStream } = fakeFacade()
  const stream = exportCsvStream(rows, { header: false })
  assert.ok(stream instanceof Readable)
  assert.equal(stream.readableObjectMode, false)
  assert.equal(Buffer.concat(await stream.toArray()).toString(), text)
  const summary = await stream.summary
  assert.equal(summary.rows, rows.length)
  assert.equal(summary.bytes, text.length)
  assert.equal('data' in summary, false)
})

test('a reader that does not read stops the source', async () => {
  let given = 0
  function* endless() {
    for (;;) yield { id: given++, text: 'x'.repeat(500) }
  }
  const { exportCsvStream, sessions } = fakeFacade({ stream: true, maxPending: 3 })
  const stream = exportCsvStream(endless())
  let before = -1
  await until(() => {
    const still = given === before && sessions[0].pending === 0
    before = given
    return still
  })
  assert.ok(stream.readableLength < 5 * 1024 * 1024, `${stream.readableLength} bytes wait`)
  for (let turn = 0; turn < 50; turn++) await sleep(0)
  assert.equal(given, before)

  // All that waits: since Node.js 26 a call of read() gives one chunk of it.
  while (stream.read() !== null);
  await until(() => given > before)
  stream.destroy()
  await assert.rejects(stream.summary, { name: 'AbortError', code: 'ABORT_ERR' })
})

test('destroying the stream ends the export and its source', async () => {
  const source = new Readable({ objectMode: true, read() { this.push(rows[0]) } })
  const { exportCsvStream, sessions } = fakeFacade({ stream: true })
  const stream = exportCsvStream(source)
  const reason = new Error('gone')
  const full = new Writable({
    write(_chunk, _encoding, callback) {
      callback(reason)
    }
  })
  await assert.rejects(pipeline(stream, full), reason)
  await assert.rejects(stream.summary, reason)
  assert.equal(sessions[0].cancelled, reason)
  assert.ok(source.destroyed)
})

test('an export that fails destroys its stream; nobody need look at the summary', async () => {
  const { exportCsvStream } = fakeFacade()
  const stream = exportCsvStream([{ id: Symbol('s') }])
  await assert.rejects(stream.toArray(), { code: 'ERR_CSV_VALUE', row: 0, column: 'id' })
  await sleep(1) // an unhandled rejection would fail the test by now

  const refuse = Object.assign(new Error('full'), { code: 'ERR_QUEUE_FULL' })
  const refused = fakeFacade({ refuse }).exportCsvStream(rows)
  await assert.rejects(refused.toArray(), refuse)
  await assert.rejects(refused.summary, refuse)
})

test('a slow source does not hold back what a reader waits for', async () => {
  const go = Promise.withResolvers?.() ?? (() => { let resolve; const promise = new Promise((r) => (resolve = r)); return { promise, resolve } })()
  async function* source() {
    yield { id: 1 }
    await go.promise
    yield { id: 2 }
  }
  const { exportCsvStream } = fakeFacade()
  const stream = exportCsvStream(source(), { header: false })
  const reader = stream[Symbol.asyncIterator]()
  assert.equal(String((await reader.next()).value), '1\n')
  go.resolve()
  assert.equal(String((await reader.next()).value), '2\n')
  assert.equal((await reader.next()).done, true)
})
