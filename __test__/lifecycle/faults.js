'use strict'

// A panic in the midst of a job: see faults.test.js. Runs where offloop is installed with a binding that can be told
// to panic; `require('offloop')` is that one.

const assert = require('node:assert/strict')
const { readdirSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { configurePool, exportCsv, exportCsvFile, exportCsvStream, hashPassword, poolStats, resizeImage, resizeImageSet, verifyPassword } = require('offloop')
const { armFault } = require(process.env.OFFLOOP_FAULTS)
const { png } = require(path.join(process.env.OFFLOOP_TESTS, 'support', 'png.js'))

const CHEAP = { algorithm: 'argon2id', memoryKiB: 8, passes: 1 }
const BCRYPT = { algorithm: 'bcrypt', cost: 4 }
const IMAGE = png(800, 600, { noise: true })
const directory = process.argv[3]
const PHOTO = path.join(directory, 'photo.png')
writeFileSync(PHOTO, IMAGE)

function* rows() {
  for (let id = 0; id < 60_000; id++) yield { id, text: 'x'.repeat(100) }
}

const jobs = {
  argon2: () => hashPassword('x', { policy: CHEAP }),
  bcrypt: () => hashPassword('x', { policy: BCRYPT }),
  verify: () => verifyPassword('x', null, { policy: CHEAP }),
  csv: () => exportCsv(rows()),
  stream: async () => {
    const stream = exportCsvStream(rows())
    stream.on('error', () => {}).resume()
    return stream.summary
  },
  file: () => exportCsvFile(rows(), path.join(directory, 'x.csv')),
  'image file': () => resizeImage(PHOTO, { width: 200 }),
  ...Object.fromEntries(['jpeg', 'png', 'webp', 'gif'].map((format) => [`image to ${format}`, () => resizeImage(IMAGE, { width: 200, format })])),
  'image set': () => resizeImageSet(IMAGE, [{ width: 200 }, { width: 90, format: 'jpeg' }]),
  // One is computed; should it panic, the other takes over.
  'image twice': async () => {
    const settled = await Promise.allSettled([0, 1].map(() => resizeImage(IMAGE, { width: 150 })))
    for (const { reason } of settled) if (reason !== undefined) throw reason
    assert.ok(settled[0].value.data.equals(settled[1].value.data))
  }
}

async function idle() {
  for (let tries = 0; ; tries++) {
    const { interactive, bulk, memory } = poolStats()
    if (interactive.queued + interactive.running + bulk.queued + bulk.running + memory.held === 0) return
    assert.ok(tries < 1000, `the pool does not come to rest: ${JSON.stringify(poolStats())}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Each job once, done as it should be. */
async function allWork() {
  for (const job of Object.values(jobs)) await job()
}

/**
 * One job after another, each panicking one poll later than the one before, until one comes to its end before.
 * @returns how many panicked
 */
async function everywhere(job) {
  for (let polls = 1; polls < 10_000; polls = Math.ceil(polls * 1.2)) {
    armFault(polls)
    try {
      await job()
      armFault(0)
      return polls
    } catch (error) {
      assert.equal(error.code, 'ERR_INTERNAL', error.stack)
      // The reading of a file has nobody left who could tell what the panic said.
      assert.match(error.message, /a fault was injected|^a job panicked, which is a bug in offloop, please report it$/)
      assert.equal(error.name, 'OffloopError')
    }
  }
  return assert.fail('it never came to its end')
}

const scenarios = {
  async 'in every job, at every place'() {
    for (const [name, job] of Object.entries(jobs)) {
      const places = await everywhere(job)
      assert.ok(places > 1, `${name} never polled`)
      await idle()
      assert.deepEqual(readdirSync(directory).filter((file) => file !== 'x.csv' && file !== 'photo.png'), [], name)
    }
    const { interactive, bulk } = poolStats()
    assert.ok(interactive.failed > 0 && bulk.failed > 0)
    await allWork()
  },

  async 'among others, which do not notice'() {
    configurePool({ threads: 2 })
    for (let round = 0; round < 40; round++) {
      armFault(1 + round * 5)
      const settled = await Promise.allSettled([...Object.values(jobs), ...Object.values(jobs)].map((job) => job()))
      armFault(0)
      const failed = settled.filter(({ status }) => status === 'rejected')
      // The two that write one file may be in each other's way, but not by a panic.
      for (const { reason } of failed) assert.equal(reason.code, 'ERR_INTERNAL', reason.stack)
      assert.equal(failed.length, 1, `round ${round}`)
    }
    await idle()
    // Both threads are still there, and take work.
    const before = performance.now()
    await Promise.all([1, 2, 3, 4].map(() => hashPassword('x')))
    assert.ok(performance.now() > before)
    await allWork()
  }
}

scenarios[process.argv[2]]().then(() => process.stdout.write('came to the end\n'))
