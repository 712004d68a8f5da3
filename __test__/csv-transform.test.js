'use strict'

// Rows in, bytes out: createCsvTransform in pipelines, its pace from either end, and what is left when one of them goes.

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { createHash } = require('node:crypto')
const { getEventListeners } = require('node:events')
const { PassThrough, Readable, Transform, Writable, compose } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { after, test } = require('node:test')
const { setTimeout: sleep } = require('node:timers/promises')
const { createCsvTransform, exportCsv, poolStats } = require('..')
const { fakeFacade, until } = require('./support/csv-session.js')
const { eventually, idle } = require('./support/pool.js')

after(idle)

const boom = new Error('boom')
const ROWS = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row "${id}"`, at: new Date(id * 1e7), none: null }))

/** Collects what is written to it. */
function collector() {
  const chunks = []
  const sink = new Writable({ write: (chunk, _, callback) => (chunks.push(chunk), callback()) })
  return { sink, bytes: () => Buffer.concat(chunks) }
}

function* endless() {
  for (let id = 0; ; id++) yield { id, text: 'x'.repeat(200) }
}

const WAYS = {
  pipeline: (rows, transform, sink) => pipeline(rows, transform, sink),
  pipe: (rows, transform, sink) => new Promise((resolve, reject) => Readable.from(rows).pipe(transform).pipe(sink).on('finish', resolve).on('error', reject)),
  compose: (rows, transform, sink) => pipeline(compose(rows, transform), sink),
  'write and end': (rows, transform, sink) => {
    transform.pipe(sink)
    for (const row of rows) transform.write(row)
    transform.end()
    return new Promise((resolve) => sink.on('finish', resolve))
  },
  'write, corked': (rows, transform, sink) => {
    transform.pipe(sink)
    transform.cork()
    for (const row of rows) transform.write(row)
    transform.uncork()
    transform.end()
    return new Promise((resolve) => sink.on('finish', resolve))
  },
  'after another transform': (rows, transform, sink) => pipeline(rows, new PassThrough({ objectMode: true }), transform, new PassThrough(), sink),
  'a web stream': (rows, transform, sink) => pipeline(Readable.toWeb(Readable.from(rows)), transform, sink)
}

for (const [name, run] of Object.entries(WAYS)) {
  test(`${name}: the bytes of exportCsv, and a summary`, async () => {
    for (const [rows, options] of [[ROWS, undefined], [ROWS.slice(0, 3), { columns: ['id', { key: 'name', header: 'N' }], delimiter: ';' }], [ROWS.slice(0, 600).map((row) => Object.values(row)), { lineEnding: '\n' }]]) {
      const { sink, bytes } = collector()
      const transform = createCsvTransform(options)
      await run(rows, transform, sink)
      const expected = await exportCsv(rows, options)
      assert.ok(bytes().equals(expected), bytes().subarray(0, 200).toString())
      const { rows: count, bytes: length, sha256, longestBlockMs, ...rest } = await transform.summary
      assert.deepEqual({ count, length, sha256, rest }, { count: rows.length, length: expected.length, sha256: createHash('sha256').update(expected).digest('hex'), rest: {} })
      assert.ok(longestBlockMs > 0)
    }
  })
}

test('a Transform of objects to bytes', async () => {
  const transform = createCsvTransform()
  assert.ok(transform instanceof Transform)
  assert.deepEqual([transform.writableObjectMode, transform.readableObjectMode], [true, false])
  transform.end({ a: 1 })
  assert.equal(Buffer.concat(await transform.toArray()).toString(), 'a\r\n1\r\n')
})

test('no rows', async () => {
  const header = createCsvTransform({ columns: ['a', 'b'] })
  header.end()
  assert.equal(Buffer.concat(await header.toArray()).toString(), 'a,b\r\n')
  const nothing = createCsvTransform()
  nothing.end()
  assert.deepEqual(await nothing.toArray(), [])
  assert.equal((await nothing.summary).rows, 0)
})

test('what is written while a reader waits comes at once', async () => {
  const transform = createCsvTransform({ header: false })
  const reader = transform[Symbol.asyncIterator]()
  for (const id of [1, 2, 3]) {
    transform.write({ id })
    assert.equal(String((await reader.next()).value), `${id}\r\n`)
  }
  transform.end()
  assert.equal((await reader.next()).done, true)
})

test('callbacks of write and end, and the events', async () => {
  const transform = createCsvTransform()
  const seen = []
  for (const event of ['finish', 'end', 'close']) transform.on(event, () => seen.push(event))
  await new Promise((resolve, reject) => transform.write({ a: 1 }, (error) => (error ? reject(error) : resolve())))
  transform.resume()
  await new Promise((resolve) => transform.end({ a: 2 }, resolve))
  await transform.summary
  await eventually(() => seen.length === 3)
  // Which of the two is first is Node's affair.
  assert.deepEqual([seen.slice(0, 2).sort(), seen[2]], [['end', 'finish'], 'close'])
  const error = await new Promise((resolve) => transform.write({ a: 3 }, resolve))
  assert.match(error.code, /^ERR_STREAM/)
})

test('a reader that does not read has the writer wait; then all of it comes', async () => {
  const transform = createCsvTransform({ columns: ['id', 'text'] })
  const source = endless()
  let written = 0
  const writeOn = () => {
    while (transform.write(source.next().value)) written++
  }
  transform.on('drain', writeOn)
  writeOn()
  let before = -1
  await eventually(async () => {
    const still = written === before && written > 0
    before = written
    await sleep(50)
    return still
  }, 'a writer at rest')
  assert.ok(written < 60_000, `${written} rows of 200 bytes were taken ahead`)
  assert.ok(transform.writableLength <= 600 && transform.readableLength < 16 << 20, `${transform.writableLength} rows, ${transform.readableLength} bytes`)
  let bytes = 0
  transform.on('data', (chunk) => (bytes += chunk.length))
  await eventually(() => written > before + 10_000, 'the writer going on')
  transform.off('drain', writeOn)
  transform.end()
  const { rows, bytes: length } = await transform.summary
  await eventually(() => bytes === length, 'the rest of the bytes')
  assert.ok(rows > written)
})

test('an export that nobody uses is none', async () => {
  await idle()
  const { bulk } = poolStats()
  const transform = createCsvTransform({ signal: AbortSignal.abort(boom), timeoutMs: 0 })
  const other = createCsvTransform()
  await sleep(20)
  assert.deepEqual([poolStats().bulk.queued + poolStats().bulk.running, transform.destroyed], [0, false])
  other.destroy()
  await assert.rejects(other.summary, { name: 'AbortError', code: 'ABORT_ERR' })
  assert.equal(poolStats().bulk.cancelled, bulk.cancelled)
  // Used, it is one, and given up already.
  transform.write({ a: 1 }, () => {})
  await assert.rejects(transform.toArray(), boom)
  await assert.rejects(transform.summary, boom)
})

const FAILURES = {
  'a cell that cannot be written': [{ id: Symbol('s') }, { code: 'ERR_CSV_VALUE', column: 'id' }],
  'a key that the first row had not': [{ id: 1, name: 'x', at: new Date(0), none: null, more: 1 }, { code: 'ERR_CSV_COLUMN' }],
  'a row that is none': ['text', { code: 'ERR_CSV_SOURCE' }],
  'a getter that throws': [{ get id() { throw boom } }, { code: 'ERR_CSV_VALUE', cause: boom }]
}
for (const [name, [row, expected]] of Object.entries(FAILURES)) {
  test(`${name}: the error has the row, and the pipeline ends`, async () => {
    for (const at of [1, 255, 256, 700, 9999]) {
      let returned = 0
      const source = (function* () {
        try {
          for (let index = 0; ; index++) yield index === at ? row : ROWS[index % ROWS.length]
        } finally {
          returned++
        }
      })()
      const { sink } = collector()
      const transform = createCsvTransform()
      await assert.rejects(pipeline(source, transform, sink), { name: 'OffloopError', row: at, ...expected })
      await assert.rejects(transform.summary, { row: at, ...expected })
      await eventually(() => returned === 1, 'the end of the source')
      assert.ok(sink.destroyed && transform.destroyed)
    }
    await idle()
  })
}

test('null is the end of no stream: Node refuses it', () => {
  const transform = createCsvTransform()
  assert.throws(() => transform.write(null), { code: 'ERR_STREAM_NULL_VALUES' })
})

test('a source that fails at any row', async () => {
  for (const at of [0, 1, 300, 9000]) {
    const source = (async function* () {
      yield* ROWS.slice(0, at)
      throw boom
    })()
    const { sink } = collector()
    const transform = createCsvTransform()
    await assert.rejects(pipeline(source, transform, sink), boom)
    await assert.rejects(transform.summary, boom)
    assert.ok(sink.destroyed)
  }
  await idle()
})

test('a destination that fails, or goes away', async () => {
  for (const give of [(callback) => callback(boom), (_, sink) => sink.destroy(boom), (_, sink) => sink.destroy()]) {
    let returned = 0
    const rows = endless()
    const source = { [Symbol.iterator]: () => ({ next: () => rows.next(), return: () => (returned++, {}) }) }
    let left = 3
    const sink = new Writable({
      write(_chunk, _encoding, callback) {
        if (left-- > 0) callback()
        else give(callback, sink)
      }
    })
    const transform = createCsvTransform()
    await assert.rejects(pipeline(Readable.from(source), transform, sink), (error) => error === boom || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
    await assert.rejects(transform.summary)
    await eventually(() => returned === 1, 'the end of the source')
  }
  await idle()
})

for (const [name, error] of [['without an error', undefined], ['with one', boom]]) {
  test(`destroyed ${name}, at any moment`, async () => {
    for (const moment of ['new', 'written', 'full', 'ended', 'read']) {
      const transform = createCsvTransform()
      const errors = []
      transform.on('error', (error) => errors.push(error))
      const closed = new Promise((resolve) => transform.once('close', resolve))
      const calls = []
      if (moment !== 'new') transform.write({ a: 1 }, (error) => calls.push(error))
      if (moment === 'full') for (const row of ROWS) transform.write(row, () => {})
      if (moment === 'ended') transform.end((error) => calls.push(error))
      if (moment === 'read') await new Promise((resolve) => transform.once('readable', resolve))
      transform.destroy(error)
      await assert.rejects(transform.summary, error ?? { name: 'AbortError', code: 'ABORT_ERR' })
      await closed
      assert.deepEqual(errors, error === undefined ? [] : [error])
      if (moment !== 'new') await eventually(() => calls.length === (moment === 'ended' ? 2 : 1), `${moment}: callbacks`)
    }
    await idle()
  })
}

test('aborts leave no listener', async () => {
  for (const after of [0, 1, 5, 20]) {
    const controller = new AbortController()
    const { sink } = collector()
    const transform = createCsvTransform({ signal: controller.signal })
    const ended = pipeline(endless(), transform, sink)
    setTimeout(() => controller.abort(boom), after)
    await assert.rejects(ended, boom)
    await assert.rejects(transform.summary, boom)
    assert.deepEqual(getEventListeners(controller.signal, 'abort'), [])
  }
  // The pipeline's own signal.
  const controller = new AbortController()
  const transform = createCsvTransform()
  setTimeout(() => controller.abort(), 10)
  await assert.rejects(pipeline(endless(), transform, collector().sink, { signal: controller.signal }), { name: 'AbortError' })
  await assert.rejects(transform.summary, { name: 'AbortError' })
  // And one that comes to its end.
  const { signal } = new AbortController()
  const done = createCsvTransform({ signal })
  await pipeline(ROWS, done, collector().sink)
  await done.summary
  assert.deepEqual(getEventListeners(signal, 'abort'), [])
  await idle()
})

test('a deadline counts from the first use', async () => {
  const transform = createCsvTransform({ timeoutMs: 40 })
  await assert.rejects(pipeline(endless(), transform, collector().sink), { code: 'ERR_DEADLINE' })
  await assert.rejects(transform.summary, { code: 'ERR_DEADLINE' })
})

test('an export that is refused destroys the transform, and leaves the source', async () => {
  const refuse = Object.assign(new Error('full'), { code: 'ERR_QUEUE_FULL' })
  const { createCsvTransform } = fakeFacade({ refuse })
  const transform = createCsvTransform()
  await assert.rejects(pipeline(endless(), transform, collector().sink), refuse)
  await assert.rejects(transform.summary, refuse)
})

test('the caller\'s functions see the context of the call', async () => {
  const storage = new AsyncLocalStorage()
  const seen = new Set()
  const transform = storage.run('mine', () => createCsvTransform({ columns: [{ header: 'x', value: () => seen.add(storage.getStore()) && 1 }] }))
  await storage.run('another', () => pipeline(ROWS.slice(0, 100), transform, collector().sink))
  assert.deepEqual([...seen], ['mine'])
})

test('rows are taken as they were written, none lost, none twice, whatever the pace', async () => {
  const { createCsvTransform, sessions } = fakeFacade({ stream: true, auto: false })
  const transform = createCsvTransform({ header: false })
  transform.resume()
  const counts = [1, 255, 256, 257, 3, 1000, 0, 5000]
  let id = 0
  for (const count of counts) {
    for (let i = 0; i < count; i++) transform.write({ id: id++ })
    await sleep(1)
    while (sessions[0]?.pending > 0) sessions[0].answer()
  }
  transform.end()
  await until(() => {
    while (sessions[0].pending > 0) sessions[0].answer()
    return sessions[0].finished
  })
  await transform.summary
  assert.deepEqual(sessions[0].rows.map(([cell]) => cell), Array.from({ length: id }, (_, i) => i))
})
