'use strict'

// Calibrating in a pool that is smaller than what is asked for.

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { calibratePassword, configurePool, hashPassword, poolStats } = require('..')
const { idle } = require('./support/pool.js')

after(idle)

const BUDGET = 64 << 20

configurePool({ threads: 2, memoryBytes: BUDGET, maxQueue: 5 })

test('no more memory than the budget holds, whatever is allowed', async () => {
  for (const [concurrency, atOnce] of [[1, 1], [2, 2], [8, 2]]) {
    const { policy } = await calibratePassword({ targetMs: 400, concurrency, maxMemoryKiB: 4 << 20 })
    assert.ok(policy.memoryKiB * 1024 * atOnce <= BUDGET / 8 * 7, `${concurrency} ${JSON.stringify(policy)}`)
    assert.match(await hashPassword('x', { policy }), /^\$argon2id/)
  }
})

test('more in flight than the queue holds', async () => {
  const { policy, measuredMs } = await calibratePassword({ targetMs: 1, concurrency: 64, maxMemoryKiB: 7168 })
  assert.equal(policy.passes, 5)
  assert.ok(measuredMs > 1)
})

test('those that wait for a place are given up too', async () => {
  const reason = new Error('enough')
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), 20)
  await assert.rejects(calibratePassword({ concurrency: 64, signal: controller.signal }), (error) => error === reason)
  await assert.rejects(calibratePassword({ concurrency: 64, timeoutMs: 20 }), { code: 'ERR_DEADLINE' })
  await idle()
  assert.equal(poolStats().interactive.queued, 0)
})
