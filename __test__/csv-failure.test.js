'use strict'

// An export that fails leaves nothing behind: no file, no source that goes on, no job.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { readFileSync, readdirSync, rmSync, statSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')
const { Readable } = require('node:stream')
const { setTimeout: sleep } = require('node:timers/promises')
const { exportCsv, exportCsvFile, exportCsvStream } = require('..')
const { folder, holdsOnly } = require('./support/folder.js')
const { eventually, idle } = require('./support/pool.js')

after(idle)

const boom = new Error('boom')
const ROWS = Array.from({ length: 60_000 }, (_, id) => ({ id, text: `some text of row ${id}` }))

function* failing(at) {
  for (let id = 0; ; id++) {
    if (id === at) throw boom
    yield ROWS[id]
  }
}
async function* failingLater(at) {
  yield* failing(at)
}

for (const at of [0, 1, 300, 50_000]) {
  test(`a source that fails at row ${at}`, async (t) => {
    const directory = folder(t)
    const file = path.join(directory, 'x.csv')
    for (const source of [failing, failingLater]) {
      const expected = { name: 'OffloopError', code: 'ERR_CSV_SOURCE', row: at, cause: boom, retryable: false }
      await assert.rejects(exportCsv(source(at)), expected)
      await assert.rejects(exportCsvFile(source(at), file), expected)
      const stream = exportCsvStream(source(at))
      await assert.rejects(stream.resume().toArray(), expected)
      await assert.rejects(stream.summary, expected)
    }
    // A stream that fails drops the rows that were not read yet, so it may be an earlier one.
    await assert.rejects(exportCsvFile(Readable.from(failing(at)), file), (error) => {
      assert.equal(error.code, 'ERR_CSV_SOURCE')
      assert.ok(error.row <= at)
      assert.equal(error.cause, boom)
      return true
    })
    await holdsOnly(directory, [])
  })
}

test('a stream of rows that is closed early', async (t) => {
  const directory = folder(t)
  for (const error of [undefined, boom]) {
    const source = new Readable({ objectMode: true, highWaterMark: 1, read() { this.push({ id: 1 }) } })
    const exporting = exportCsvFile(source, path.join(directory, 'x.csv'))
    setTimeout(() => source.destroy(error), 20)
    await assert.rejects(exporting, { code: 'ERR_CSV_SOURCE' })
  }
  await holdsOnly(directory, [])
})

test('a file that is there stays whole when an export over it fails', async (t) => {
  const directory = folder(t)
  const file = path.join(directory, 'kept.csv')
  writeFileSync(file, 'precious')
  await assert.rejects(exportCsvFile(failing(40_000), file), { code: 'ERR_CSV_SOURCE' })
  const controller = new AbortController()
  const aborted = exportCsvFile(ROWS, file, { signal: controller.signal })
  setImmediate(() => controller.abort())
  await assert.rejects(aborted, { name: 'AbortError' })
  await assert.rejects(exportCsvFile(endless(), file, { timeoutMs: 30 }), { code: 'ERR_DEADLINE' })
  await holdsOnly(directory, ['kept.csv'])
  assert.equal(readFileSync(file, 'utf8'), 'precious')
})

function* endless() {
  for (let id = 0; ; id++) yield { id, text: 'x'.repeat(200) }
}

test('what is no file is not replaced by one', { skip: process.platform === 'win32' }, async (t) => {
  const directory = folder(t)
  const pipe = path.join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  await assert.rejects(exportCsvFile(ROWS, pipe), { code: 'ERR_IO', message: /pipe/ })
  assert.ok(statSync(pipe).isFIFO())
  await assert.rejects(exportCsvFile(ROWS, `${directory}/new/`), { code: 'ERR_INVALID_ARG', message: /path/ })
  await assert.rejects(exportCsvFile(ROWS, path.join(directory, 'x'.repeat(300))), (error) => error.code === 'ERR_IO' && error.cause.code === 'ENAMETOOLONG')
  await holdsOnly(directory, ['pipe'])
})

test('a file that is replaced keeps its permissions', { skip: process.platform === 'win32' }, async (t) => {
  const file = path.join(folder(t), 'private.csv')
  writeFileSync(file, '', { mode: 0o600 })
  await exportCsvFile([{ a: 1 }], file)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(readFileSync(file, 'utf8'), 'a\r\n1\r\n')
})

test('rows that cannot be read: the error has a code and the row', async () => {
  const rows = [{ a: 1 }, { a: 2 }]
  Object.defineProperty(rows, 1, { get: () => { throw boom } })
  await assert.rejects(exportCsv(rows), { name: 'OffloopError', code: 'ERR_CSV_SOURCE', row: 1, cause: boom })
  const { proxy, revoke } = Proxy.revocable(Array.from({ length: 5000 }, (_, a) => ({ a })), {})
  const revoked = exportCsv(proxy)
  revoke()
  await assert.rejects(revoked, { name: 'OffloopError', code: 'ERR_CSV_SOURCE' })
})

test('given up at any moment: no file, and the source is told', async (t) => {
  const directory = folder(t)
  const file = path.join(directory, 'x.csv')
  for (const after of [0, 1, 10, 1000, 4000, 20_000, 59_999]) {
    for (const wrap of [(rows) => rows, Readable.from, async function* (rows) { yield* rows }]) {
      const controller = new AbortController()
      const reason = new Error(`at ${after}`)
      let returned = 0
      const source = (function* () {
        try {
          for (let id = 0; ; id++) {
            if (id === after) controller.abort(reason)
            yield { id, text: 'some text' }
          }
        } finally {
          returned++
        }
      })()
      await assert.rejects(exportCsvFile(wrap(source), file, { signal: controller.signal }), reason)
      await eventually(() => returned === 1, 'the end of the source')
    }
  }
  await holdsOnly(directory, [])
})

test('given up at any turn of the loop: the file is whole or not there', async (t) => {
  const directory = folder(t)
  let ended = 0
  for (let turns = 0; turns < 600; turns += 10) {
    const file = path.join(directory, 'x.csv')
    const controller = new AbortController()
    const exporting = exportCsvFile(ROWS.slice(0, 5000), file, { signal: controller.signal })
    const settled = exporting.then((summary) => summary, () => undefined)
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    const summary = await settled
    if (summary === undefined) {
      // An abort that came as the file was renamed finds it there, and whole.
      await idle()
      const names = readdirSync(directory)
      if (names.length > 0) {
        assert.deepEqual(names, ['x.csv'])
        assert.equal(readFileSync(file, 'utf8').split('\r\n').length, 5002)
      }
    } else {
      ended++
      assert.equal(readFileSync(file).length, summary.bytes)
    }
    rmSync(file, { force: true })
  }
  await holdsOnly(directory, [])
  t.diagnostic(`${ended} of 60 came to their end first`)
})

for (const [what, destroy] of [
  ['destroyed', (stream) => stream.destroy()],
  ['destroyed with an error', (stream) => stream.destroy(boom)],
  ['left in the middle of for await', async (stream) => {
    for await (const chunk of stream) {
      assert.ok(chunk.length > 0)
      break
    }
  }]
]) {
  test(`a stream that is ${what} ends its source`, async () => {
    let returned = 0
    const source = () => {
      const rows = endless()
      return { [Symbol.iterator]: () => ({ next: () => rows.next(), return: () => { returned++; return {} } }) }
    }
    const stream = exportCsvStream(source())
    // Leaving a for-await loop destroys a stream with Node's own AbortError.
    stream.on('error', (error) => assert.ok(error === boom || error.name === 'AbortError', String(error)))
    await new Promise((resolve) => stream.once('readable', resolve))
    await destroy(stream)
    await eventually(() => returned === 1, 'the return of the source')
    await assert.rejects(stream.summary)
    await idle()
    assert.equal(returned, 1)
  })
}

test('a stream destroyed at once', async () => {
  const stream = exportCsvStream(endless())
  stream.destroy()
  await assert.rejects(stream.summary, { code: 'ABORT_ERR' })
  await idle()
})

test('a reader that does not read stops the source', async () => {
  let pulled = 0
  function* counted() {
    for (const row of endless()) {
      pulled++
      yield row
    }
  }
  const stream = exportCsvStream(counted(), { columns: ['id', 'text'] })
  // It comes to a stand by itself, after what fits the stream and the batches on the way.
  let before = -1
  await eventually(async () => {
    const still = pulled === before && pulled > 0
    before = pulled
    await sleep(50)
    return still
  }, 'a source at rest')
  assert.ok(pulled < 60_000, `${pulled} rows of 200 bytes were read ahead`)
  const first = pulled
  // Read a megabyte, and no more than about as much is read on.
  let bytes = 0
  while (bytes < 1 << 20) {
    const chunk = stream.read()
    if (chunk === null) await new Promise((resolve) => stream.once('readable', resolve))
    else bytes += chunk.length
  }
  await eventually(() => pulled > first, 'the source going on')
  await eventually(async () => {
    const still = pulled === before
    before = pulled
    await sleep(50)
    return still
  }, 'a source at rest')
  assert.ok(pulled < first + 60_000, `${pulled - first} rows more`)
  stream.destroy()
  await stream.summary.catch(() => {})
})

test('onProgress that throws, or whose promise rejects, rejects the export with that', async (t) => {
  const directory = folder(t)
  async function* slow() {
    for (let id = 0; ; id++) {
      yield* ROWS.slice(0, 5000)
      await sleep(20)
    }
  }
  for (const onProgress of [() => { throw boom }, async () => { throw boom }]) {
    await assert.rejects(exportCsvFile(slow(), path.join(directory, 'x.csv'), { onProgress }), boom)
  }
  await holdsOnly(directory, [])
})

test('callbacks that end their own export', async (t) => {
  const directory = folder(t)
  const controller = new AbortController()
  const value = (_row, index) => {
    if (index === 700) controller.abort(boom)
    return index
  }
  const columns = [{ header: 'x', value }]
  await assert.rejects(exportCsvFile(ROWS, path.join(directory, 'x.csv'), { columns, signal: controller.signal }), boom)

  const stream = exportCsvStream(ROWS, { columns: [{ header: 'x', value: () => stream.destroy(boom) && 1 }] })
  await assert.rejects(stream.toArray(), boom)
  await assert.rejects(stream.summary, boom)
  await holdsOnly(directory, [])
})
