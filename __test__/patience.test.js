'use strict'

// The drop-ins wait where the queue is full.

const assert = require('node:assert/strict')
const { tracingChannel } = require('node:diagnostics_channel')
const path = require('node:path')
const { after, test } = require('node:test')
const { Worker } = require('node:worker_threads')
const argon2 = require('offloop/compat/argon2')
const bcrypt = require('offloop/compat/bcrypt')
const { configurePool, hashPassword, poolStats } = require('..')
const { eventually, idle, outcome } = require('./support/pool.js')

after(idle)

configurePool({ threads: 2, maxQueue: 1, memoryBytes: 64 << 20 })

/** @param {number} count */
function hashes(count) {
  return Promise.all(Array.from({ length: count }, () => bcrypt.hash('x', 4)))
}

test('each job is traced once, however often it asks', async () => {
  const channel = tracingChannel('offloop:job')
  const counts = {}
  const count = (name) => () => { counts[name] = (counts[name] ?? 0) + 1 }
  const subscribers = Object.fromEntries(['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((name) => [name, count(name)]))
  channel.subscribe(subscribers)
  try {
    assert.equal((await hashes(100)).length, 100)
  } finally {
    channel.unsubscribe(subscribers)
  }
  assert.deepEqual(counts, { start: 100, end: 100, asyncStart: 100, asyncEnd: 100 })
})

test('who waits asks when a job ends, not all at once and again and again', async () => {
  const before = poolStats().interactive.refused
  await hashes(400)
  const refused = poolStats().interactive.refused - before
  assert.ok(refused < 1200, `${refused} refused`)
})

test('a job that is turned away for good ends nothing but itself', async () => {
  const salt = bcrypt.genSaltSync(4)
  const jobs = Array.from({ length: 60 }, (_, i) => outcome(i % 3 === 0 ? bcrypt.hash('x', 'no salt') : i % 3 === 1 ? bcrypt.hash('x', salt) : argon2.hash('x', { memoryCost: 2 ** 20 })))
  for (const [i, { value, error }] of (await Promise.all(jobs)).entries()) {
    if (i % 3 === 0) assert.match(error.message, /^Invalid salt/)
    else if (i % 3 === 1) assert.equal(value, bcrypt.hashSync('x', salt))
    else assert.equal(error.code, 'ERR_MEMORY_BUDGET')
  }
})

test('a queue full of another environment\'s jobs', async () => {
  const worker = new Worker(`
    const { hashPassword } = require(${JSON.stringify(path.join(__dirname, '..'))})
    const keepOn = async () => {
      for (;;) await hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 9 } }).catch(() => new Promise((resolve) => setTimeout(resolve, 1)))
    }
    for (let i = 0; i < 6; i++) keepOn()
  `, { eval: true })
  try {
    await eventually(() => poolStats().interactive.queued > 0)
    for (let i = 0; i < 3; i++) assert.match(await bcrypt.hash('x', 4), /^\$2b\$04/)
  } finally {
    await worker.terminate()
  }
})

test('others are refused as ever', async () => {
  const waiting = hashes(20)
  const results = await Promise.all(Array.from({ length: 20 }, () => outcome(hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 4 } }))))
  assert.ok(results.some(({ error }) => error?.code === 'ERR_QUEUE_FULL'))
  assert.equal((await waiting).length, 20)
})
