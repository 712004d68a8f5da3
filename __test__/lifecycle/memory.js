'use strict'

// Whether memory stays as it is while jobs come and go: see memory.test.js. Needs --expose-gc.

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { configurePool, exportCsv, exportCsvFile, exportCsvStream, hashPassword, imageMetadata, poolStats, resizeImage, verifyPassword } = require('../..')
const { program } = require('../support/children.js')
const { png } = require('../support/png.js')
const { CHEAP, idle } = require('../support/pool.js')

const MIB = 1 << 20

/** Only glibc's allocator can be told to keep still; see memory.test.js. */
const SLACK = process.report.getReport().header.glibcVersionRuntime ? 1 : 5
const HASH = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'

/** What is in use when nothing runs, as far as it can be known. */
async function measure() {
  await idle()
  for (let i = 0; i < 3; i++) {
    global.gc()
    // Finalizers have the addon free its own share, a turn later.
    await sleep(20)
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  // What the pool keeps for reuse, by its own account, is as much as the busiest moment needed.
  return { rss: rss - poolStats().memory.idle, js: heapUsed + external }
}

/**
 * Runs jobs in tenths, and compares what is in use in the last tenths with the earlier ones.
 * @param {{ jobs: number, inFlight: number, job: (i: number) => Promise<unknown>, allowedMiB: number }} options
 */
async function stays({ jobs, inFlight, job, allowedMiB }) {
  const samples = []
  let next = 0
  for (let tenth = 1; tenth <= 10; tenth++) {
    const until = jobs * tenth / 10
    await Promise.all(Array.from({ length: inFlight }, async () => {
      while (next < until) await job(next++)
    }))
    samples.push(await measure())
  }
  // The allocator goes up and down; what leaks is in the least of them too. The first three tenths warm it up.
  const least = (from, to, what) => Math.min(...samples.slice(from, to).map((sample) => sample[what]))
  const rss = (least(7, 10, 'rss') - least(2, 5, 'rss')) / MIB
  const js = (least(7, 10, 'js') - least(2, 5, 'js')) / MIB
  const said = `RSS ${samples.map((sample) => Math.round(sample.rss / MIB)).join(' ')} MiB; heap and external ${samples.map((sample) => (sample.js / MIB).toFixed(1)).join(' ')} MiB`
  if (process.env.OFFLOOP_SHOW_MEMORY) console.error(said)
  assert.ok(rss <= allowedMiB, `the resident set grew by ${rss.toFixed(1)} MiB: ${said}`)
  assert.ok(js <= 2, `JavaScript's memory grew by ${js.toFixed(1)} MiB: ${said}`)
}

program({
  async 'small jobs'() {
    const image = png(24, 16)
    const rows = Array.from({ length: 20 }, (_, id) => ({ id, name: `name ${id}` }))
    const small = [
      () => hashPassword('x', { policy: CHEAP }),
      () => verifyPassword('password', HASH),
      () => exportCsv(rows),
      () => resizeImage(image, { width: 12 }),
      () => imageMetadata(image),
      () => hashPassword('x', { policy: CHEAP, signal: AbortSignal.abort() }).catch(() => {}),
      () => verifyPassword('x', 'no hash').catch(() => {}),
      () => resizeImage(image.subarray(0, 40), { width: 12 }).catch(() => {}),
      () => hashPassword('x', { policy: CHEAP, timeoutMs: 1 }).catch(() => {}),
      () => exportCsv(rows, { signal: new AbortController().signal })
    ]
    // 200 bytes lost a job would be seen.
    await stays({ jobs: 50_000, inFlight: 32, allowedMiB: 5 * SLACK, job: (i) => small[i % small.length]() })
  },

  async 'large jobs'() {
    configurePool({ threads: 2 })
    const directory = mkdtempSync(path.join(os.tmpdir(), 'offloop-memory-'))
    const image = png(1600, 1200, { noise: true })
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `name ${id}`, text: 'x'.repeat(80) }))
    const large = [
      () => hashPassword('x', { policy: { algorithm: 'argon2id', memoryKiB: 19_456, passes: 1 } }),
      () => resizeImage(image, { width: 700, format: 'jpeg' }),
      () => exportCsv(rows),
      (i) => exportCsvFile(rows, path.join(directory, `${i % 4}.csv`)),
      () => resizeImage(Uint8Array.from(image), { width: 300, format: 'png', transfer: true }),
      async () => {
        // A reader that goes away in the middle.
        const stream = exportCsvStream(rows)
        stream.on('error', () => {})
        for await (const _ of stream) break
        await stream.summary.catch(() => {})
      }
    ]
    try {
      // One input or output of two megabytes lost in forty jobs would be seen.
      await stays({ jobs: 500, inFlight: 4, allowedMiB: 12 * SLACK, job: (i) => large[i % large.length](i) })
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
})
