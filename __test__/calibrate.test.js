'use strict'

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { calibratePassword, hashPassword, inspectHash, poolStats, verifyPassword } = require('..')
const { idle } = require('./support/pool.js')

after(idle)

/** KiB times passes of OWASP's five settings: the least. */
const LEAST = [[47104, 1], [19456, 2], [12288, 3], [9216, 4], [7168, 5]]

test('argon2id: a policy that works, never below the minimum', async () => {
  for (const options of [{ targetMs: 1 }, { targetMs: 60, concurrency: 2 }, { targetMs: 1, maxMemoryKiB: 7168 }, { targetMs: 40, maxMemoryKiB: 10240 }]) {
    const { policy, measuredMs } = await calibratePassword(options)
    assert.equal(policy.algorithm, 'argon2id')
    assert.ok(LEAST.some(([memoryKiB, passes]) => policy.memoryKiB >= memoryKiB && policy.passes >= passes), JSON.stringify(policy))
    assert.ok(policy.memoryKiB <= (options.maxMemoryKiB ?? 65536))
    assert.ok(measuredMs > 0)
    const hash = await hashPassword('x', { policy })
    assert.equal(inspectHash(hash, { policy }).needsRehash, false)
    assert.equal(await verifyPassword('x', hash), true)
  }
})

test('more time buys more', async () => {
  const work = ({ policy }) => policy.memoryKiB * policy.passes
  const [little, much] = [await calibratePassword({ targetMs: 1 }), await calibratePassword({ targetMs: 3000 })]
  assert.ok(work(much) > work(little), JSON.stringify([little, much]))
})

test('whatever the most memory is, more time buys more passes, up to what verifying takes by default', async () => {
  for (const maxMemoryKiB of [7168, 7169, 9216, 10240, 12288]) {
    const { policy } = await calibratePassword({ targetMs: 60_000, concurrency: 1, maxMemoryKiB })
    assert.ok(policy.passes === 16 && policy.memoryKiB <= maxMemoryKiB, `${maxMemoryKiB} ${JSON.stringify(policy)}`)
    assert.equal(await verifyPassword('x', await hashPassword('x', { policy })), true)
  }
})

test('bcrypt: at least cost 10', async () => {
  const { policy, measuredMs } = await calibratePassword({ algorithm: 'bcrypt', targetMs: 1, concurrency: 1 })
  assert.deepEqual(policy, { algorithm: 'bcrypt', cost: 10 })
  assert.ok(measuredMs > 1)
})

test('is given up like every job, and leaves nothing running', async () => {
  const reason = new Error('enough')
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), 30)
  await assert.rejects(calibratePassword({ signal: controller.signal }), (error) => error === reason)
  await assert.rejects(calibratePassword({ timeoutMs: 20 }), { code: 'ERR_DEADLINE' })
  await idle()
  assert.equal(poolStats().interactive.queued, 0)
})

test('wrong options', async () => {
  for (const [options, named] of [
    [{ targetMs: 0 }, /targetMs/], [{ targetMs: '1' }, /targetMs/], [{ concurrency: 0 }, /concurrency/], [{ concurrency: 1025 }, /concurrency/],
    [{ maxMemoryKiB: 7167 }, /maxMemoryKiB/], [{ algorithm: 'scrypt' }, /algorithm/], [{ cost: 10 }, /cost is no known option/], [5, /options must be an object/]
  ]) {
    await assert.rejects(calibratePassword(options), { code: 'ERR_INVALID_ARG', message: named })
  }
})
