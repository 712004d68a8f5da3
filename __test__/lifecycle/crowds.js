'use strict'

// Many jobs that are aborted, each when it happens to be, or all at once: see crowds.test.js.

const assert = require('node:assert/strict')
const { getEventListeners } = require('node:events')
const { mkdtempSync, readFileSync, readdirSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { exportCsv, exportCsvFile, exportCsvStream, hashPassword, poolStats, resizeImage, verifyPassword } = require('../..')
const { program } = require('../support/children.js')
const { png } = require('../support/png.js')
const { CHEAP, eventually, idle, outcome } = require('../support/pool.js')

const ROWS = Array.from({ length: 300 }, (_, id) => ({ id, name: `name ${id}`, at: new Date(id) }))
const IMAGE = png(60, 40)
const HASH = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

/** Each kind of job, and what tells that it was done. */
const jobs = {
  hash: [(signal) => hashPassword('x', { policy: CHEAP, signal }), (value) => value.startsWith('$argon2id$')],
  bcrypt: [(signal) => hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 4 }, signal }), (value) => value.startsWith('$2b$')],
  verify: [(signal) => verifyPassword('password', HASH, { signal }), (value) => value === true],
  csv: [(signal) => exportCsv(ROWS, { signal }), (value) => value.toString().split('\r\n').length === ROWS.length + 2],
  stream: [(signal) => streamed(signal), (value) => value === ROWS.length],
  file: [(signal, file) => exportCsvFile(ROWS, file, { signal }), ({ rows }) => rows === ROWS.length],
  image: [(signal) => resizeImage(IMAGE, { width: 20, signal }), ({ width }) => width === 20]
}
const KINDS = Object.keys(jobs)

async function streamed(signal) {
  const stream = exportCsvStream(ROWS, { signal })
  stream.on('error', () => {}).resume()
  return (await stream.summary).rows
}

/** A small generator of pseudo-random numbers (Park and Miller's), so that a failure can be had again. */
function random(seed) {
  return (below) => {
    seed = seed * 48_271 % 2_147_483_647
    return seed % below
  }
}

/** Aborts after some time: none, a microtask, a turn of the loop, some milliseconds, more than most jobs take. */
function abortAt(controller, moment, reason) {
  const abort = () => controller.abort(reason)
  if (moment === 0) abort()
  else if (moment === 1) queueMicrotask(abort)
  else if (moment === 2) setImmediate(abort)
  else setTimeout(abort, moment - 2)
}

program({
  async 'aborts at random moments'(seed) {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'offloop-crowds-'))
    const pick = random(Number(seed))
    const counts = { done: 0, aborted: 0 }
    let left = 20_000
    /** One caller after another, many at a time. */
    const caller = async (number) => {
      while (left-- > 0) {
        const controller = new AbortController()
        const reason = new Error('stop')
        const [start, isDone] = jobs[KINDS[pick(KINDS.length)]]
        const job = outcome(start(controller.signal, path.join(directory, `${number}.csv`)))
        abortAt(controller, pick(14), reason)
        const { value, error } = await job
        if (error === undefined) assert.ok(isDone(value))
        else assert.equal(error, reason)
        counts[error === undefined ? 'done' : 'aborted']++
        assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
      }
    }
    try {
      await Promise.all(Array.from({ length: 48 }, (_, number) => caller(number)))
      await idle()
      // Neither is a matter of luck: an abort before the call always wins, one long after never.
      assert.ok(counts.done > 1000 && counts.aborted > 1000, JSON.stringify(counts))
      assert.equal(counts.done + counts.aborted, 20_000)
      const { interactive, bulk } = poolStats()
      assert.equal(interactive.failed + bulk.failed, 0)
      // What is there is whole, and no temporary file is left.
      await eventually(() => readdirSync(directory).every((name) => /^\d+\.csv$/.test(name)), 'a folder of exports only')
      const files = readdirSync(directory)
      assert.ok(files.length > 0)
      for (const name of files) assert.ok(jobs.csv[1](readFileSync(path.join(directory, name))), name)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },

  async 'one signal, a thousand jobs'() {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'offloop-crowds-'))
    const warnings = []
    process.on('warning', (warning) => warnings.push(warning))
    try {
      for (const aborts of [false, true]) {
        const controller = new AbortController()
        const { signal } = controller
        const all = Array.from({ length: 1000 }, (_, i) => {
          const [start, isDone] = jobs[KINDS[i % KINDS.length]]
          return { isDone, job: outcome(start(signal, path.join(directory, `${i}.csv`))) }
        })
        if (aborts) setTimeout(() => controller.abort(), 20)
        let aborted = 0
        for (const { isDone, job } of all) {
          const { value, error } = await job
          if (error === undefined) assert.ok(isDone(value))
          else assert.equal(error, signal.reason, error.stack)
          if (error !== undefined) aborted++
        }
        assert.equal(aborted > 0, aborts)
        assert.deepEqual(getEventListeners(signal, 'abort'), [])
      }
      await idle()
      assert.deepEqual(warnings, [])
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
})
