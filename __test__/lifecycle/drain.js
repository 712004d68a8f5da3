'use strict'

// Scenarios of drainPool, after which there is no way back: see drain.test.js.

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { OffloopError, configurePool, drainPool, exportCsv, exportCsvFile, exportCsvStream, hashPassword, poolStats, verifyPassword } = require('../..')
const bcrypt = require('../../compat/bcrypt')
const { program } = require('../support/children.js')
const { holdsOnly } = require('../support/folder.js')
const { CHEAP, idle, outcome } = require('../support/pool.js')

const SLOW = { algorithm: 'bcrypt', cost: 10 }

function* endless() {
  for (let id = 0; ; id++) yield { id }
}

function isShutdown({ error }) {
  assert.ok(error instanceof OffloopError, String(error))
  assert.equal(error.code, 'ERR_SHUTDOWN')
  assert.equal(error.retryable, false)
}

async function refusesAll() {
  const stream = exportCsvStream([{ a: 1 }])
  const jobs = [hashPassword('x'), verifyPassword('x', null), exportCsv([{ a: 1 }]), exportCsvFile([{ a: 1 }], '/x.csv'), stream.toArray(), stream.summary]
  for (const settled of await Promise.all(jobs.map(outcome))) isShutdown(settled)
}

program({
  async 'with nothing to do'() {
    assert.equal(await drainPool(), undefined)
    await refusesAll()
  },

  async 'waits for what is queued and running, and takes no more'() {
    let ended = 0
    const count = () => ended++
    const jobs = Array.from({ length: 10 }, () => hashPassword('x', { policy: SLOW }))
    jobs.push(exportCsv(Array.from({ length: 50_000 }, (_, id) => ({ id }))))
    for (const job of jobs) job.then(count)
    const drained = drainPool()
    await refusesAll()
    assert.ok(ended < jobs.length)
    await drained
    assert.equal(ended, jobs.length)
    const { interactive, bulk, memory } = poolStats()
    assert.deepEqual([interactive.queued, interactive.running, bulk.queued, bulk.running, memory.held], [0, 0, 0, 0, 0])
  },

  async 'a stream whose reader is slow is waited for'() {
    const stream = exportCsvStream(Array.from({ length: 200_000 }, (_, id) => ({ id, text: 'some text' })))
    let drained = false
    const draining = drainPool().then(() => (drained = true))
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(drained, false)
    assert.equal(Buffer.concat(await stream.toArray()).toString().split('\r\n').length, 200_002)
    await draining
    assert.equal((await stream.summary).rows, 200_000)
  },

  async 'a time limit that is not needed'() {
    const job = hashPassword('x', { policy: CHEAP })
    await drainPool({ timeoutMs: 60_000 })
    assert.match(await job, /^\$argon2id/)
  },

  async 'a time limit that passes'() {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'offloop-drain-'))
    try {
      let returned = 0
      function* source() {
        try {
          yield* endless()
        } finally {
          returned++
        }
      }
      const jobs = [outcome(exportCsvFile(source(), path.join(directory, 'x.csv')))]
      for (let i = 0; i < 200; i++) jobs.push(outcome(hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 11 } })))
      const { error } = await outcome(drainPool({ timeoutMs: 50 }))
      assert.ok(error instanceof OffloopError)
      assert.equal(error.code, 'ERR_DEADLINE')
      assert.match(error.message, /\d+ jobs/)
      const settled = await Promise.all(jobs)
      isShutdown(settled[0])
      assert.equal(returned, 1)
      for (const job of settled) if (!('value' in job)) isShutdown(job)
      assert.ok(settled.filter((job) => 'error' in job).length > 100)
      await idle()
      await holdsOnly(directory, [])
      await refusesAll()
    } finally {
      rmSync(directory, { recursive: true })
    }
  },

  async 'no time at all'() {
    const job = outcome(exportCsv(endless()))
    assert.equal((await outcome(drainPool({ timeoutMs: 0 }))).error.code, 'ERR_DEADLINE')
    isShutdown(await job)
  },

  async 'several at once'() {
    const job = hashPassword('x', { policy: SLOW })
    assert.deepEqual(await Promise.all([drainPool(), drainPool(), drainPool({ timeoutMs: 60_000 })]), [undefined, undefined, undefined])
    assert.match(await job, /^\$2b\$/)
    await drainPool()
  },

  async 'several at once, of which one has a time limit that passes'() {
    const job = outcome(exportCsv(endless()))
    const [patient, hasty] = await Promise.all([outcome(drainPool()), outcome(drainPool({ timeoutMs: 30 }))])
    isShutdown(await job)
    assert.equal(hasty.error.code, 'ERR_DEADLINE')
    // It was told to wait for as long as it takes, and the jobs have ended.
    assert.equal(patient.error, undefined)
  },

  async 'those who wait for a place in the queue are waited for'() {
    configurePool({ maxQueue: 1 })
    const jobs = Array.from({ length: 100 }, () => bcrypt.hash('x', 5))
    const drained = drainPool()
    isShutdown(await outcome(bcrypt.hash('x', 4)))
    await refusesAll()
    await Promise.all([drained, drainPool()])
    for (const hash of await Promise.all(jobs)) assert.match(hash, /^\$2b\$05/)
    const { interactive } = poolStats()
    assert.deepEqual([interactive.queued, interactive.running], [0, 0])
  },

  async 'those who wait for a place in the queue when a time limit passes'() {
    configurePool({ threads: 1, maxQueue: 1 })
    const jobs = Array.from({ length: 50 }, () => outcome(bcrypt.hash('x', 12)))
    const { error } = await outcome(drainPool({ timeoutMs: 20 }))
    assert.equal(error.code, 'ERR_DEADLINE')
    assert.match(error.message, /^(50|49|48) jobs/)
    for (const job of await Promise.all(jobs)) if ('error' in job) isShutdown(job)
    await drainPool()
    await idle()
  },

  async 'a drained worker_thread does not drain the others'() {
    const worker = new Worker(`
      const { hashPassword, drainPool } = require(${JSON.stringify(path.join(__dirname, '..', '..'))})
      const { parentPort } = require('node:worker_threads')
      const job = hashPassword('x', { policy: ${JSON.stringify(CHEAP)} })
      drainPool().then(() => job).then(() => hashPassword('x')).catch((error) => parentPort.postMessage(error.code))
    `, { eval: true })
    assert.equal(await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject)), 'ERR_SHUTDOWN')
    assert.match(await hashPassword('x', { policy: CHEAP }), /^\$argon2id/)
    await worker.terminate()
    assert.match(await hashPassword('x', { policy: CHEAP }), /^\$argon2id/)
  }
})
