'use strict'

// Scenarios of the pool's settings, which are the whole process's: see pool.test.js.

const assert = require('node:assert/strict')
const { OffloopError, configurePool, exportCsv, exportCsvStream, hashPassword, poolStats, verifyPassword } = require('../..')
const { program } = require('../support/children.js')
const { CHEAP, eventually, idle, outcome } = require('../support/pool.js')

/** A second or some, and of a kind that is worked on alone: what waits behind it stays in the queue. */
const SLOW = { algorithm: 'argon2id', memoryKiB: 1024, lanes: 2, passes: 5000 }

/** Fills the one thread, and whatever queue there is, until it is told to stop. */
function occupy(jobs) {
  const controller = new AbortController()
  const work = Array.from({ length: jobs }, () => outcome(hashPassword('x', { policy: SLOW, signal: controller.signal })))
  return { work, stop: () => controller.abort() }
}

program({
  async 'stats before any job'() {
    const { threads, interactive, bulk, memory, nicenessApplied } = poolStats()
    assert.ok(threads >= 1)
    for (const lane of [interactive, bulk]) {
      const { waitMs, runMs, ...counts } = lane
      assert.deepEqual(counts, { queued: 0, running: 0, completed: 0, failed: 0, refused: 0, cancelled: 0 })
      for (const histogram of [waitMs, runMs]) assert.deepEqual(histogram, { count: 0, p50: 0, p90: 0, p99: 0, max: 0 })
    }
    assert.ok(memory.budget > 0)
    assert.deepEqual([memory.held, memory.peak, memory.idle], [0, 0, 0])
    assert.ok(nicenessApplied === undefined || nicenessApplied === null)
  },

  async 'settings before the first job'() {
    configurePool({ threads: 3, memoryBytes: 64 << 20, maxQueue: { interactive: 10 }, niceness: { bulk: 19 } })
    assert.equal(poolStats().threads, 3)
    assert.equal(poolStats().memory.budget, 64 << 20)
    configurePool({ threads: 1 })
    assert.equal(poolStats().threads, 1)
    // What is not named stays.
    assert.equal(poolStats().memory.budget, 64 << 20)
    configurePool({})
    assert.equal(poolStats().threads, 1)
    await hashPassword('x', { policy: CHEAP })
    assert.equal(poolStats().threads, 1)
  },

  async 'threads and niceness are fixed by the first job'() {
    configurePool({ threads: 2, niceness: { interactive: 3, bulk: 4 } })
    await hashPassword('x', { policy: CHEAP })
    const fixed = (error) => {
      assert.ok(error instanceof RangeError)
      assert.equal(error.code, 'ERR_INVALID_ARG')
      assert.match(error.message, /threads and niceness/)
      return true
    }
    for (const options of [{ threads: 3 }, { niceness: { interactive: 4 } }, { niceness: { bulk: 0 } }, { threads: 3, memoryBytes: 1 << 30 }]) {
      const { memory } = poolStats()
      assert.throws(() => configurePool(options), fixed)
      assert.equal(poolStats().threads, 2)
      assert.equal(poolStats().memory.budget, memory.budget)
    }
    // The same again is no change, and the rest may change at any time.
    for (let i = 0; i < 3; i++) configurePool({ threads: 2, niceness: { interactive: 3, bulk: 4 } })
    configurePool({ threads: 2, memoryBytes: 32 << 20, maxQueue: 7 })
    assert.equal(poolStats().memory.budget, 32 << 20)
    assert.match(await hashPassword('x', { policy: CHEAP }), /^\$argon2id/)
  },

  async 'a full queue refuses'() {
    configurePool({ threads: 1, maxQueue: { interactive: 3 } })
    const { work, stop } = occupy(1)
    await eventually(() => poolStats().interactive.running === 1)
    const queued = occupy(3)
    const refused = await Promise.all([1, 2].map(() => outcome(hashPassword('x', { policy: CHEAP }))))
    for (const { error } of refused) {
      assert.ok(error instanceof OffloopError)
      assert.equal(error.code, 'ERR_QUEUE_FULL')
      assert.equal(error.retryable, true)
      assert.match(error.message, /interactive/)
    }
    assert.equal(poolStats().interactive.refused, 2)
    // The other lane has a queue of its own.
    assert.equal((await exportCsv([{ a: 1 }])).length, 6)
    stop()
    queued.stop()
    await Promise.all([...work, ...queued.work])
    await idle()
    assert.match(await hashPassword('x', { policy: CHEAP }), /^\$argon2id/)
  },

  async 'maxQueue may change while running'() {
    configurePool({ threads: 1, maxQueue: 1 })
    const { work, stop } = occupy(1)
    await eventually(() => poolStats().interactive.running === 1)
    const queued = occupy(1)
    assert.equal((await outcome(hashPassword('x', { policy: CHEAP }))).error.code, 'ERR_QUEUE_FULL')
    configurePool({ maxQueue: 2 })
    const more = hashPassword('x', { policy: CHEAP })
    assert.equal((await outcome(hashPassword('x', { policy: CHEAP }))).error.code, 'ERR_QUEUE_FULL')
    assert.match(await more, /^\$argon2id/)
    stop()
    queued.stop()
    await Promise.all([...work, ...queued.work])
  },

  async 'a full queue refuses exports, and their sources are untouched'() {
    configurePool({ threads: 1, maxQueue: { bulk: 1 }, memoryBytes: 16 << 20 })
    const controller = new AbortController()
    const slow = () => outcome(hashPassword('x', { policy: SLOW, priority: 'bulk', signal: controller.signal }))
    // One that runs, then one that waits: before the first has begun, the second would be refused.
    const jobs = [slow()]
    await eventually(() => poolStats().bulk.running === 1)
    jobs.push(slow())
    let touched = 0
    const source = { [Symbol.iterator]() { touched++; return [][Symbol.iterator]() } }
    assert.equal((await outcome(exportCsv(source))).error.code, 'ERR_QUEUE_FULL')
    const stream = exportCsvStream(source)
    assert.equal((await outcome(stream.toArray())).error.code, 'ERR_QUEUE_FULL')
    assert.equal((await outcome(stream.summary)).error.code, 'ERR_QUEUE_FULL')
    assert.equal(touched, 0)
    controller.abort()
    await Promise.all(jobs)
  },

  async 'a job that could never fit the memory is refused at once'() {
    configurePool({ memoryBytes: 16 << 20 })
    for (const call of [
      () => hashPassword('x'),
      () => hashPassword('x', { policy: { algorithm: 'argon2d', memoryKiB: 1 << 20 } }),
      () => verifyPassword('x', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'),
      () => verifyPassword('x', null)
    ]) {
      const { error } = await outcome(call())
      assert.ok(error instanceof OffloopError)
      assert.equal(error.code, 'ERR_MEMORY_BUDGET')
      assert.equal(error.retryable, false)
    }
    assert.equal(poolStats().interactive.refused, 4)
    assert.match(await hashPassword('x', { policy: { algorithm: 'argon2id', memoryKiB: 8192 } }), /^\$argon2id/)
    assert.ok(poolStats().memory.peak <= 16 << 20)
    configurePool({ memoryBytes: 64 << 20 })
    assert.match(await hashPassword('x'), /^\$argon2id/)
  },

  async 'jobs wait for memory, and the budget holds'() {
    configurePool({ threads: 4, memoryBytes: 24 << 20 })
    // Each takes 8 MiB, so that three fit.
    const policy = { algorithm: 'argon2id', memoryKiB: 8192, passes: 1 }
    const hashes = await Promise.all(Array.from({ length: 40 }, () => hashPassword('x', { policy })))
    assert.equal(new Set(hashes).size, 40)
    const { memory } = poolStats()
    assert.ok(memory.peak > 8 << 20 && memory.peak <= 24 << 20, `${memory.peak} bytes were held`)
    await idle()
  },

  async 'counters and histograms move'() {
    configurePool({ threads: 1 })
    await Promise.all(Array.from({ length: 20 }, () => hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 5 } })))
    await hashPassword('x', { policy: CHEAP, priority: 'bulk' })
    // A small array is formatted at once and is no job; an iterable is one, however short.
    await exportCsv(new Set([{ a: 1 }]))
    await exportCsv([{ a: 1 }])
    await outcome(exportCsv(new Set([{ a: Symbol('s') }])))
    const controller = new AbortController()
    const aborted = outcome(exportCsv(new Set([{ a: 1 }]), { signal: controller.signal }))
    controller.abort()
    await aborted
    await idle()
    const { interactive, bulk, nicenessApplied } = poolStats()
    assert.equal(interactive.completed, 20)
    assert.deepEqual([bulk.completed, bulk.refused], [2, 0])
    // An export that its own rows end is given up on by JavaScript, as one that is aborted.
    assert.equal(bulk.failed + bulk.cancelled, 2)
    assert.equal(interactive.waitMs.count, 20)
    assert.equal(interactive.runMs.count, 20)
    for (const { p50, p90, p99, max } of [interactive.waitMs, interactive.runMs]) {
      assert.ok(p50 > 0 && p50 <= p90 && p90 <= p99 && p99 <= max, `${[p50, p90, p99, max]}`)
    }
    assert.equal(typeof nicenessApplied, 'boolean')
  },

  async 'a thousand jobs at once all settle, each with its own result'() {
    const jobs = Array.from({ length: 1000 }, (_, i) => hashPassword(`password ${i}`, { policy: CHEAP, salt: Buffer.from(`salt of ${i % 100}`.padEnd(16)), priority: i % 2 ? 'bulk' : 'interactive' }))
    const hashes = await Promise.all(jobs)
    assert.equal(new Set(hashes).size, 1000)
    const right = await Promise.all(hashes.map((hash, i) => verifyPassword(`password ${i}`, hash)))
    assert.ok(right.every((ok) => ok === true))
  },

  async 'logins pass exports by'() {
    configurePool({ threads: 1 })
    const controller = new AbortController()
    function* endless() {
      for (let id = 0; ; id++) yield { id }
    }
    const exports = [1, 2, 3].map(() => outcome(exportCsvStream(endless(), { signal: controller.signal }).on('error', () => {}).resume().summary))
    // They would never end, and the logins do.
    assert.equal((await Promise.all(Array.from({ length: 20 }, () => verifyPassword('x', null, { policy: CHEAP })))).length, 20)
    controller.abort()
    await Promise.all(exports)
  }
})
