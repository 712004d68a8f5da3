'use strict'

// Identical jobs that are under way at the same time are computed once.

const assert = require('node:assert/strict')
const { after, beforeEach, test } = require('node:test')
const { poolStats, resizeImage, resizeImageSet } = require('..')
const { png } = require('./support/png.js')
const { eventually, idle, outcome } = require('./support/pool.js')

after(idle)
// What ends meanwhile may keep a job from being shared, because the event loop waits for no lock.
beforeEach(idle)

/** Some megabytes, so that each takes far longer than the calls are apart. */
const IMAGE = png(2000, 1500, { noise: true })
const OPTIONS = { width: 700, format: 'webp', effort: 6, timings: true }

test('one is computed, and the others share it', async () => {
  const results = await Promise.all(Array.from({ length: 5 }, () => resizeImage(IMAGE, OPTIONS)))
  assert.deepEqual(results.map(({ timings }) => timings.shared).sort(), [false, true, true, true, true])
  const [first, ...rest] = results
  for (const { data } of rest) assert.ok(data.equals(first.data))
  // Nobody sees what another does with theirs.
  const copy = Buffer.from(first.data)
  first.data.fill(0)
  for (const { data } of rest) assert.ok(data.equals(copy))
})

test('bytes count, not the memory that they are in', async () => {
  const results = await Promise.all([IMAGE, Buffer.from(IMAGE), new Uint8Array(IMAGE).buffer].map((input) => resizeImage(input, OPTIONS)))
  assert.equal(results.filter(({ timings }) => timings.shared).length, 2)
})

test('sets too', async () => {
  const outputs = [{ width: 700 }, { width: 300, format: 'jpeg' }]
  const [one, other] = await Promise.all([0, 1].map(() => resizeImageSet(IMAGE, outputs, { timings: true })))
  assert.deepEqual([one, other].map((set) => set.map(({ timings }) => timings.shared)).sort(), [[false, false], [true, true]])
  for (const [i, { data }] of one.entries()) assert.ok(data.equals(other[i].data))
})

test('other options or other bytes are another job', async () => {
  // What follows a PNG's end changes nothing of the image.
  const longer = Buffer.concat([IMAGE, Buffer.from([0])])
  const all = [
    [IMAGE, OPTIONS], [IMAGE, { ...OPTIONS, width: 699 }], [IMAGE, { ...OPTIONS, quality: 79 }], [IMAGE, { ...OPTIONS, flip: true }],
    [IMAGE, { ...OPTIONS, extract: { left: 0, top: 0, width: 1999, height: 1500 } }], [IMAGE, { ...OPTIONS, failOn: 'none' }], [IMAGE, { ...OPTIONS, priority: 'interactive' }], [longer, OPTIONS]
  ]
  const results = await Promise.all(all.map(([input, options]) => resizeImage(input, options)))
  assert.deepEqual(results.map(({ timings }) => timings.shared), all.map(() => false))
})

test('what has ended is not shared any more', async () => {
  const small = png(20, 20)
  for (let i = 0; i < 3; i++) assert.equal((await resizeImage(small, { width: 5, timings: true })).timings.shared, false)
})

test('giving one up leaves the others', async () => {
  const { data: expected } = await resizeImage(IMAGE, OPTIONS)
  // The first, who has the work begun, and one who joined.
  for (const leaves of [0, 1]) {
    for (const when of ['at once', 'running']) {
      await idle()
      const controllers = Array.from({ length: 3 }, () => new AbortController())
      const outcomes = controllers.map(({ signal }) => outcome(resizeImage(IMAGE, { ...OPTIONS, signal })))
      if (when === 'running') await eventually(() => poolStats().bulk.running > 0, 'a running job')
      const reason = new Error('gone')
      controllers[leaves].abort(reason)
      const settled = await Promise.all(outcomes)
      for (const [i, { value, error }] of settled.entries()) {
        if (i === leaves) assert.equal(error, reason)
        else assert.ok(value?.data.equals(expected), String(error))
      }
    }
  }
})

test('a deadline is one caller\'s own', async () => {
  const [late, patient] = await Promise.all([outcome(resizeImage(IMAGE, { ...OPTIONS, timeoutMs: 0 })), outcome(resizeImage(IMAGE, OPTIONS))])
  assert.equal(late.error.code, 'ERR_DEADLINE')
  assert.equal(patient.value.width, 700)
})

test('when all give up, the work stops', async () => {
  const controller = new AbortController()
  const outcomes = Array.from({ length: 4 }, () => outcome(resizeImage(IMAGE, { ...OPTIONS, width: 1900, signal: controller.signal })))
  controller.abort()
  for (const { error } of await Promise.all(outcomes)) assert.equal(error, controller.signal.reason)
  await idle()
  assert.equal((await resizeImage(IMAGE, { width: 10, timings: true })).timings.shared, false)
})

test('a failure is everybody\'s', async () => {
  const cut = IMAGE.subarray(0, IMAGE.length >> 1)
  const outcomes = await Promise.all(Array.from({ length: 3 }, () => outcome(resizeImage(cut, OPTIONS))))
  assert.deepEqual(outcomes.map(({ error }) => error.code), Array(3).fill('ERR_IMAGE_CORRUPT'))
  assert.notEqual(outcomes[0].error, outcomes[1].error)
})

test('transferred bytes join, and are taken all the same', async () => {
  const [one, other] = [new Uint8Array(IMAGE), new Uint8Array(IMAGE)]
  const results = await Promise.all([one, other].map((bytes) => resizeImage(bytes, { ...OPTIONS, transfer: true })))
  assert.deepEqual([one.length, other.length], [0, 0])
  assert.ok(results[0].data.equals(results[1].data))
})
