'use strict'

// Scenarios of worker_threads, which may load and drop the addon at any moment: see threads.test.js.

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { Worker } = require('node:worker_threads')
const { program } = require('../support/children.js')

const FILE = path.join(__dirname, 'worker.js')
const RESULT = [true, 'a\r\n1\r\n', 20]

/** Runs a worker until it exits; answers what it said. */
function runs() {
  return new Promise((resolve, reject) => {
    let said
    const worker = new Worker(FILE, { workerData: {} })
    worker.on('message', (message) => (said = message))
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve(said) : reject(new Error(`the worker exited with ${code}`))))
  })
}

/** Starts workers that are busy with one kind of job, and ends them in the middle. */
async function terminated(kind, rounds, directory) {
  for (let round = 0; round < rounds; round++) {
    await Promise.all([0, 1, 2, 3].map(async (one) => {
      const worker = new Worker(FILE, { workerData: { kind, file: path.join(directory, `${one}.csv`) } })
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      // At another moment each time.
      await sleep((round * 4 + one) % 25)
      await worker.terminate()
    }))
  }
}

program({
  async 'in a worker only, again and again'() {
    // The addon's last environment goes each time, and the pool with it.
    for (let i = 0; i < 8; i++) assert.deepEqual(await runs(), RESULT)
  },

  async 'in several workers at once, and the main thread'() {
    const { hashPassword, poolStats } = require('../..')
    const { idle } = require('../support/pool.js')
    const [hash, ...results] = await Promise.all([hashPassword('x'), ...Array.from({ length: 6 }, runs)])
    assert.match(hash, /^\$argon2id/)
    for (const result of results) assert.deepEqual(result, RESULT)
    assert.deepEqual(await runs(), RESULT)
    // One pool for all of them.
    assert.equal(poolStats().interactive.completed, 1 + 2 * 7)
    await idle()
  },

  async 'twenty workers load it at once'() {
    // The main thread has not: they race for who starts the pool.
    assert.deepEqual(await Promise.all(Array.from({ length: 20 }, runs)), Array.from({ length: 20 }, () => RESULT))
  },

  async 'terminated in the middle of'(kind) {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'offloop-threads-'))
    try {
      // In waves: between them the addon's last environment is gone, and the pool with it.
      await terminated(kind, 30, directory)
      // What the workers left behind goes by itself, and the pool is as good as new.
      const offloop = require('../..')
      const { idle } = require('../support/pool.js')
      const { holdsOnly } = require('../support/folder.js')
      assert.equal((await offloop.exportCsv([{ a: 1 }])).toString(), 'a\r\n1\r\n')
      await terminated(kind, 20, directory)
      assert.match(await offloop.hashPassword('x'), /^\$argon2id/)
      assert.deepEqual(await runs(), RESULT)
      await idle()
      await holdsOnly(directory, [])
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },

  async 'the settings outlive the worker that made them'() {
    const setting = new Worker(`require(${JSON.stringify(path.join(__dirname, '..', '..'))}).configurePool({ threads: 5 })`, { eval: true })
    assert.equal(await new Promise((resolve) => setting.on('exit', resolve)), 0)
    assert.equal(require('../..').poolStats().threads, 5)
  },

  async 'the process exits while workers are busy'() {
    await Promise.all(
      ['argon2', 'bcrypt', 'csv', 'image'].map((kind) => {
        const worker = new Worker(FILE, { workerData: { kind } })
        return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      })
    )
    process.stdout.write('came to the end\n', () => process.exit())
    await new Promise(() => {})
  }
})
