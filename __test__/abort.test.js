'use strict'

// Abort signals: every call rejects with the signal's reason, at once, and nothing listens any more.

const assert = require('node:assert/strict')
const { getEventListeners } = require('node:events')
const path = require('node:path')
const { after, test } = require('node:test')
const vm = require('node:vm')
const { exportCsv, exportCsvFile, exportCsvStream, hashPassword, poolStats, verifyPassword } = require('..')
const { folder, holdsOnly } = require('./support/folder.js')
const { CHEAP, eventually, idle, outcome } = require('./support/pool.js')

const SLOW = { algorithm: 'bcrypt', cost: 10 }
const HASH = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

const warnings = []
process.on('warning', (warning) => warnings.push(warning))

after(async () => {
  await idle()
  assert.deepEqual(warnings, [])
})

function* endless() {
  for (let id = 0; ; id++) yield { id }
}

const REASONS = { 'none given': [], undefined: [undefined], null: [null], 'a string': ['stop'], zero: [0], 'a symbol': [Symbol('s')], 'an object': [{ why: 1 }], 'an error': [new Error('stop')] }

/** Every job, under a signal. */
function jobs(signal, directory) {
  const stream = exportCsvStream(endless(), { signal })
  stream.on('error', () => {})
  return [
    hashPassword('x', { policy: SLOW, signal }),
    verifyPassword('x', HASH, { signal }),
    verifyPassword('x', null, { policy: SLOW, signal }),
    exportCsv(endless(), { signal }),
    exportCsvFile(endless(), path.join(directory, 'x.csv'), { signal }),
    stream.summary
  ]
}

for (const [name, reason] of Object.entries(REASONS)) {
  test(`reason: ${name}`, async (t) => {
    const directory = folder(t)
    for (const when of ['before', 'at once', 'later']) {
      const controller = new AbortController()
      const { signal } = controller
      if (when === 'before') controller.abort(...reason)
      const outcomes = jobs(signal, directory).map(outcome)
      if (when === 'later') await new Promise((resolve) => setImmediate(resolve))
      controller.abort(...reason)
      for (const settled of await Promise.all(outcomes)) {
        // A verification may have been quicker.
        if ('value' in settled) assert.ok(when === 'later' && settled.value === false)
        else assert.equal(settled.error, signal.reason)
      }
      if (reason[0] === undefined) assert.equal(signal.reason.name, 'AbortError')
      assert.deepEqual(getEventListeners(signal, 'abort'), [])
    }
    await holdsOnly(directory, [])
  })
}

test('a stream is destroyed with the reason', async () => {
  for (const early of [true, false]) {
    const controller = new AbortController()
    const reason = new Error('stop')
    if (early) controller.abort(reason)
    const stream = exportCsvStream(endless(), { signal: controller.signal })
    const error = new Promise((resolve) => stream.once('error', resolve))
    controller.abort(reason)
    assert.equal(await error, reason)
    assert.ok(stream.destroyed)
    await assert.rejects(stream.summary, reason)
  }
  // A reason that is no error at all, and could be taken for none.
  const stream = exportCsvStream(endless(), { signal: AbortSignal.abort(null) })
  await new Promise((resolve) => stream.once('close', resolve))
  assert.equal((await outcome(stream.summary)).error, null)
})

test('an aborted signal: no job begins', async () => {
  // What the test before gave up may still be on its way out.
  await idle()
  const { interactive, bulk } = poolStats()
  await Promise.all(jobs(AbortSignal.abort(), '/').map(outcome))
  const { interactive: nextInteractive, bulk: nextBulk } = poolStats()
  assert.deepEqual(nextInteractive, interactive)
  assert.deepEqual(nextBulk, bulk)
})

test('while queued, and while running', async () => {
  await idle()
  let ended = 0
  const { threads, interactive } = poolStats()
  // Twice as many as there are threads: the first half runs, the second waits.
  const work = Array.from({ length: 2 * threads }, () => {
    const controller = new AbortController()
    const job = outcome(hashPassword('x', { policy: SLOW, signal: controller.signal }))
    job.then(() => ended++)
    return { controller, job }
  })
  await eventually(() => poolStats().interactive.running > 0)
  for (const { controller } of work) controller.abort()
  // The promises settle before the loop turns, so before any of the work can have come to its end.
  await new Promise((resolve) => process.nextTick(resolve))
  assert.equal(ended, work.length)
  for (const { controller, job } of work) assert.equal((await job).error, controller.signal.reason)
  await idle()
  assert.equal(poolStats().interactive.cancelled - interactive.cancelled, work.length)
})

test('what is queued behind an aborted job still runs', async () => {
  const controller = new AbortController()
  const aborted = Array.from({ length: 50 }, () => outcome(hashPassword('x', { policy: SLOW, signal: controller.signal })))
  const kept = Array.from({ length: 5 }, () => verifyPassword('password', HASH))
  controller.abort()
  assert.deepEqual(await Promise.all(kept), [true, true, true, true, true])
  for (const settled of await Promise.all(aborted)) assert.equal(settled.error, controller.signal.reason)
})

test('a thousand jobs on one signal add one listener, and take it away again', async () => {
  for (const aborts of [false, true]) {
    const controller = new AbortController()
    const { signal } = controller
    const settled = Promise.all(Array.from({ length: 1000 }, () => outcome(hashPassword('x', { policy: CHEAP, signal }))))
    assert.ok(getEventListeners(signal, 'abort').length <= 1)
    if (aborts) controller.abort()
    for (const { value, error } of await settled) {
      if (aborts) assert.equal(error, signal.reason)
      else assert.match(value, /^\$argon2id\$/)
    }
    assert.deepEqual(getEventListeners(signal, 'abort'), [])
  }
})

test('a signal is used again after its jobs have settled', async () => {
  const controller = new AbortController()
  const { signal } = controller
  for (let i = 0; i < 3; i++) await hashPassword('x', { policy: CHEAP, signal })
  const last = outcome(exportCsv(endless(), { signal }))
  controller.abort()
  assert.equal((await last).error, signal.reason)
})

test('an abort after the end changes nothing', async () => {
  const controller = new AbortController()
  assert.equal(await verifyPassword('password', HASH, { signal: controller.signal }), true)
  controller.abort()
})

test('AbortSignal.timeout and AbortSignal.any', async (t) => {
  const directory = folder(t)
  const controller = new AbortController()
  // Held here, because Node 20 collects a timeout that only a combined signal leans on, and it never fires.
  const timeout = AbortSignal.timeout(20)
  const any = AbortSignal.any([controller.signal, timeout])
  for (const signal of [AbortSignal.timeout(20), any]) {
    for (const { error } of await Promise.all([exportCsv(endless(), { signal }), exportCsvFile(endless(), path.join(directory, 'x.csv'), { signal })].map(outcome))) {
      assert.equal(error, signal.reason)
      assert.equal(error.name, 'TimeoutError')
    }
  }
  assert.equal(any.reason, timeout.reason)
  await holdsOnly(directory, [])
})

// What a signal is in another realm (Jest's, jsdom's) or in a polyfill: no instance of ours.
const REALM = `
  new (class {
    aborted = false
    listeners = new Set()
    addEventListener(type, listener) { if (type === 'abort') this.listeners.add(listener) }
    removeEventListener(type, listener) { if (type === 'abort') this.listeners.delete(listener) }
    abort(reason) {
      this.aborted = true
      if (reason) this.reason = reason
      for (const listener of [...this.listeners]) listener.call(this, { type: 'abort', target: this, currentTarget: this })
    }
  })()
`

test('a signal of another realm', async () => {
  const context = vm.createContext({})
  for (const reason of [vm.runInContext('new Error("theirs")', context), undefined]) {
    const signal = vm.runInContext(REALM, context)
    assert.equal(await verifyPassword('password', HASH, { signal }), true)
    assert.equal(signal.listeners.size, 0)
    const settled = [outcome(exportCsv(endless(), { signal })), outcome(hashPassword('x', { policy: SLOW, signal }))]
    signal.abort(reason)
    // An old polyfill has no reason.
    for (const { error } of await Promise.all(settled)) assert.equal(error, reason)
    assert.equal(signal.listeners.size, 0)
    assert.equal((await outcome(exportCsv(endless(), { signal }))).error, reason)
  }
})
