'use strict'

// What those who share a result count for: against the memory and the queue.

const assert = require('node:assert/strict')
const { writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, beforeEach, test } = require('node:test')
const { configurePool, poolStats, resizeImage } = require('..')
const { bridge, submit } = require('../lib/native.js')
const { folder } = require('./support/folder.js')
const { png } = require('./support/png.js')
const { eventually, idle, outcome } = require('./support/pool.js')

/** Of which inputs may hold half. */
const MEMORY = 24 * 1024 * 1024
const MOST_QUEUED = 20
const OPTIONS = { width: 500, format: 'webp', effort: 6, timings: true }

configurePool({ memoryBytes: MEMORY, maxQueue: { bulk: MOST_QUEUED } })
after(idle)
beforeEach(idle)

const codes = (outcomes) => outcomes.map(({ error }) => error?.code ?? 'done')
const LARGE = png(2700, 2700, { noise: true })

test('whoever takes over from one who leaves is not refused for the memory of the same bytes', async () => {
  for (const when of ['at once', 'running']) {
    await idle()
    const leader = new AbortController()
    const outcomes = [leader.signal, undefined, undefined].map((signal) => outcome(resizeImage(LARGE, { ...OPTIONS, signal })))
    if (when === 'running') await eventually(() => poolStats().bulk.running > 0, 'a running job')
    leader.abort()
    const [gone, ...others] = await Promise.all(outcomes)
    assert.equal(gone.error, leader.signal.reason)
    assert.deepEqual(codes(others), ['done', 'done'], when)
  }
  assert.ok(poolStats().memory.peak <= MEMORY)
})

test('of a file that others resize already, nothing is held', async (t) => {
  const file = path.join(folder(t), 'image.png')
  writeFileSync(file, png(1450, 1450, { noise: true }))
  // Together they would be three times as many bytes as inputs may hold; four are read at a time.
  const outcomes = await Promise.all(Array.from({ length: 18 }, () => outcome(resizeImage(file, { ...OPTIONS, width: 500 }))))
  assert.deepEqual(codes(outcomes), Array(18).fill('done'))
})

test('those who share wait in the queue like all others', async () => {
  const small = png(1000, 800, { noise: true })
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcome(resizeImage(small, OPTIONS))))
  const accepted = outcomes.filter(({ value }) => value !== undefined)
  // The one that does the work may have left the queue meanwhile.
  assert.ok(accepted.length >= MOST_QUEUED && accepted.length <= MOST_QUEUED + 2, `${accepted.length}`)
  assert.deepEqual(new Set(codes(outcomes)), new Set(['done', 'ERR_QUEUE_FULL']))
  const [{ value: { data } }] = accepted
  for (const { value } of accepted) assert.ok(value.data.equals(data))
})

test('one who leaves makes room at once', async () => {
  const leaver = new AbortController()
  const first = outcome(resizeImage(LARGE, OPTIONS))
  await eventually(() => poolStats().bulk.running === 1, 'a running job')
  const left = Array.from({ length: MOST_QUEUED }, () => outcome(resizeImage(LARGE, { ...OPTIONS, signal: leaver.signal })))
  assert.equal(poolStats().bulk.queued, MOST_QUEUED)
  assert.equal((await outcome(resizeImage(LARGE, OPTIONS))).error.code, 'ERR_QUEUE_FULL')
  leaver.abort()
  assert.equal(poolStats().bulk.queued, 0)
  const { value } = await outcome(resizeImage(LARGE, OPTIONS))
  assert.equal(value.timings.shared, true)
  for (const { error } of await Promise.all(left)) assert.equal(error, leaver.signal.reason)
  assert.equal((await first).value.timings.shared, false)
})

test('a job that is refused after it was let in leaves no handle behind', async (t) => {
  const release = t.mock.method(bridge, 'release')
  let asked
  const refused = (_native, id) => {
    asked = id
    return { code: 'ERR_QUEUE_FULL', message: 'full' }
  }
  await assert.rejects(submit({ signal: undefined, timeoutMs: -1, lane: 1 }, refused, 'resizeImage'), { code: 'ERR_QUEUE_FULL' })
  assert.deepEqual(release.mock.calls.map((call) => call.arguments), [[asked]])
})
