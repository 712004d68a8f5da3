'use strict'

// A worker_thread that ends while its images are being made.

const assert = require('node:assert/strict')
const path = require('node:path')
const { after, test } = require('node:test')
const { setTimeout: sleep } = require('node:timers/promises')
const { Worker } = require('node:worker_threads')
// The pool is this thread's too, and so outlives the worker.
const { poolStats, resizeImage } = require('..')
const { png } = require('./support/png.js')
const { eventually, idle } = require('./support/pool.js')

after(idle)

/** Decoded in a moment, and then encoded for seconds, which nothing stops. */
const IMAGE = png(300, 240, { noise: true })
const OPTIONS = { format: 'avif', effort: 6 }

const CODE = `
  const { workerData } = require('node:worker_threads')
  const { resizeImage } = require(${JSON.stringify(path.join(__dirname, '..'))})
  const { image, options } = workerData
  // The second one shares the first one's work, and would take over from it.
  for (let i = 0; i < 2; i++) resizeImage(Uint8Array.from(image), { ...options, transfer: true }).catch(() => {})
`

test('its transferred memory is waited for only while it is decoded', async () => {
  const { timings } = await resizeImage(IMAGE, { ...OPTIONS, timings: true })
  const worker = new Worker(CODE, { eval: true, workerData: { image: IMAGE, options: OPTIONS } })
  await eventually(() => poolStats().bulk.running > 0, 'a running job')
  await sleep(10 * timings.decodeMs)
  await worker.terminate()
  assert.equal(poolStats().bulk.running, 1, 'it is being encoded still')
})
