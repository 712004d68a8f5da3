'use strict'

// timeoutMs counts from the call, time in the queue included. No test here measures time: a job that cannot
// end is given up, and one with time enough is not.

const assert = require('node:assert/strict')
const path = require('node:path')
const { after, test } = require('node:test')
const { OffloopError, exportCsv, exportCsvFile, exportCsvStream, hashPassword, poolStats, verifyPassword } = require('..')
const { folder, holdsOnly } = require('./support/folder.js')
const { CHEAP, idle, outcome } = require('./support/pool.js')

const HASH = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

after(idle)

function isDeadline(error) {
  assert.ok(error instanceof OffloopError, String(error))
  assert.equal(error.code, 'ERR_DEADLINE')
  assert.equal(error.retryable, true)
  return true
}

function* endless() {
  for (let id = 0; ; id++) yield { id }
}

test('no time at all', async (t) => {
  const directory = folder(t)
  for (const timeoutMs of [0, -0, Number.MIN_VALUE]) {
    await assert.rejects(hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 10 }, timeoutMs }), isDeadline)
    await assert.rejects(exportCsv(endless(), { timeoutMs }), isDeadline)
    await assert.rejects(exportCsvFile(endless(), path.join(directory, 'x.csv'), { timeoutMs }), isDeadline)
    const stream = exportCsvStream(endless(), { timeoutMs })
    await assert.rejects(stream.resume().toArray(), isDeadline)
    await assert.rejects(stream.summary, isDeadline)
  }
  await holdsOnly(directory, [])
})

test('while running: an export that would never end', async (t) => {
  const directory = folder(t)
  let returned = 0
  function* source() {
    try {
      yield* endless()
    } finally {
      returned++
    }
  }
  await assert.rejects(exportCsv(source(), { timeoutMs: 30 }), isDeadline)
  await assert.rejects(exportCsvFile(source(), path.join(directory, 'x.csv'), { timeoutMs: 30 }), isDeadline)
  assert.equal(returned, 2)
  await holdsOnly(directory, [])
})

test('while a source says nothing', async () => {
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
  await assert.rejects(exportCsv(silent, { timeoutMs: 20 }), isDeadline)
})

test('while a stream has no reader', async () => {
  const stream = exportCsvStream(endless(), { timeoutMs: 20 })
  stream.on('error', isDeadline)
  await assert.rejects(stream.summary, isDeadline)
  assert.ok(stream.destroyed)
})

test('while queued: more work than can be done by then', async () => {
  await withQueue(async () => {
    const late = Array.from({ length: 20 }, () => outcome(verifyPassword('password', HASH, { timeoutMs: 30 })))
    for (const { error } of await Promise.all(late)) isDeadline(error)
  })
})

/** With some minutes of work in front of whatever comes. */
async function withQueue(work) {
  await idle()
  const controller = new AbortController()
  const { signal } = controller
  const front = Array.from({ length: 500 }, () => outcome(hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 11 }, signal })))
  await work().finally(() => controller.abort())
  await Promise.all(front)
  await idle()
}

test('a job that had begun ends for its caller by the deadline', async () => {
  const { completed, failed } = poolStats().interactive
  isDeadline((await outcome(hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 14 }, timeoutMs: 50 }))).error)
  await idle()
  assert.equal(poolStats().interactive.completed, completed)
  assert.equal(poolStats().interactive.failed, failed + 1)
})

test('a deadline counts as failed', async () => {
  await idle()
  const before = poolStats()
  await assert.rejects(exportCsv(endless(), { timeoutMs: 20 }), isDeadline)
  await withQueue(async () => {
    await assert.rejects(verifyPassword('password', HASH, { timeoutMs: 20 }), isDeadline)
  })
  const { interactive, bulk } = poolStats()
  assert.equal(bulk.failed - before.bulk.failed, 1)
  assert.equal(interactive.failed - before.interactive.failed, 1)
})

test('time enough, up to the most that can be said', async () => {
  for (const timeoutMs of [60_000, 0x7fffffff, 0x80000000, Number.MAX_SAFE_INTEGER, 123_456.789]) {
    assert.match(await hashPassword('x', { policy: CHEAP, timeoutMs }), /^\$argon2id/)
    assert.equal((await exportCsv([{ a: 1 }], { timeoutMs })).toString(), 'a\r\n1\r\n')
  }
})
