'use strict'

// Whether memory stays as it is while jobs come and go: see memory.test.js. Needs --expose-gc.

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { configurePool, exportCsv, exportCsvFile, exportCsvStream, hashPassword, imageMetadata, poolStats, resizeImage, resizeImageSet, verifyPassword } = require('../..')
const { program } = require('../support/children.js')
const { gif } = require('../support/gif.js')
const { paint, png } = require('../support/png.js')
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

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/**
 * Runs jobs in tenths, with a look at what is in use after each. Allocators and V8 take memory in steps, now and then;
 * what leaks grows from tenth to tenth, so it is the typical growth that tells. The first three tenths warm up.
 * @param {{ jobs: number, inFlight: number, job: (i: number) => Promise<unknown>, driftMiB: number }} options driftMiB:
 *   the most that is no leak, a tenth
 */
async function stays({ jobs, inFlight, job, driftMiB }) {
  const samples = []
  let next = 0
  for (let tenth = 1; tenth <= 10; tenth++) {
    const until = jobs * tenth / 10
    await Promise.all(Array.from({ length: inFlight }, async () => {
      while (next < until) await job(next++)
    }))
    samples.push(await measure())
  }
  const said = `RSS ${samples.map((sample) => Math.round(sample.rss / MIB)).join(' ')} MiB; heap and external ${samples.map((sample) => (sample.js / MIB).toFixed(1)).join(' ')} MiB`
  if (process.env.OFFLOOP_SHOW_MEMORY) console.error(said)
  for (const what of /** @type {const} */ (['rss', 'js'])) {
    const warm = samples.slice(2).map((sample) => sample[what] / MIB)
    // Growth from one to the next says nothing of a single step, the median slope of all pairs (Theil and Sen's
    // estimator) little of ups and downs; a leak shows in both.
    const next = median(warm.slice(1).map((value, i) => value - warm[i]))
    const slope = median(warm.flatMap((value, i) => warm.slice(0, i).map((before, j) => (value - before) / (i - j))))
    const drift = Math.min(next, slope)
    assert.ok(drift <= (what === 'js' ? 0.1 : driftMiB), `${what} grows by ${drift.toFixed(2)} MiB a tenth: ${said}`)
    // Steps, however few, end somewhere.
    assert.ok(warm.at(-1) - warm[0] <= 40, `${what} grew: ${said}`)
  }
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
    // V8 from Node.js 22 on is warm after some 60,000 only. 40 bytes lost a job would be seen.
    await stays({ jobs: 200_000, inFlight: 32, driftMiB: 0.75 * SLACK, job: (i) => small[i % small.length]() })
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
      // One input or output of two megabytes lost in fifty jobs would be seen.
      await stays({ jobs: 500, inFlight: 4, driftMiB: 1.5 * SLACK, job: (i) => large[i % large.length](i) })
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },

  async 'mixed resizes'() {
    configurePool({ threads: 2 })
    const scene = paint(400, 300, (x, y) => [x & 255, y & 255, x * y & 255])
    const noise = png(500, 400, { noise: true })
    const photo = (await resizeImage(scene, { format: 'jpeg', progressive: true })).data
    const still = (await resizeImage(scene, { format: 'webp' })).data
    const flag = gif(60, 40, { palette: [[255, 0, 0], [0, 255, 0], [0, 0, 255]], frames: [(x, y) => (x + y) % 3, () => 1, (x) => x % 2] })
    const { signal } = new AbortController()
    const mixed = [
      () => resizeImage(photo, { width: 150, format: 'jpeg' }),
      () => resizeImage(photo, { width: 120, height: 120, position: 'attention', format: 'webp', effort: 2 }),
      () => resizeImage(scene, { width: 200, palette: true, colors: 32 }),
      () => resizeImage(noise, { rotate: 90, trim: true, width: 100, format: 'jpeg', progressive: true }),
      () => resizeImage(flag, { width: 30, format: 'webp' }),
      () => resizeImage(flag, { width: 30 }),
      () => resizeImage(still, { width: 90, format: 'png', linear: true }),
      () => resizeImageSet(photo, [{ width: 200 }, { width: 100, format: 'png' }, { width: 50, format: 'webp', effort: 0 }], { signal }),
      () => resizeImage(Uint8Array.from(noise), { width: 80, transfer: true, timings: true }),
      // The same twice: one is computed.
      () => Promise.all([0, 1].map(() => resizeImage(scene, { width: 130, format: 'jpeg' }))),
      () => resizeImage(photo.subarray(0, 3000), { width: 90 }).catch(() => {}),
      () => resizeImage(photo.subarray(0, 3000), { width: 90, failOn: 'none' }).catch(() => {}),
      () => resizeImage(noise, { width: 300, format: 'webp', timeoutMs: 3 }).catch(() => {}),
      async () => {
        const controller = new AbortController()
        const given = resizeImage(noise, { width: 400, signal: controller.signal }).catch(() => {})
        await sleep(2)
        controller.abort()
        await given
      },
      (i) => resizeImage(scene, { width: 32, format: i % 75 === 14 ? 'avif' : 'gif', effort: 1 })
    ]
    await stays({ jobs: 2000, inFlight: 4, driftMiB: 1 * SLACK, job: (i) => mixed[i % mixed.length](i) })
  }
})
