'use strict'

// What a stored hash may cost: what the policy costs always may.

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { checkPassword, hashPassword, verifyPassword } = require('..')
const { checkLimits, checkPolicy, DEFAULT_LIMITS } = require('../lib/policy.js')
const { idle } = require('./support/pool.js')

after(idle)

const DEAR = { algorithm: 'argon2id', memoryKiB: 8 * 70, passes: 20, lanes: 70 }

test('a hash by a policy beyond the defaults verifies by that policy', async () => {
  const hash = await hashPassword('x', { policy: DEAR })
  assert.equal(await verifyPassword('x', hash, { policy: DEAR }), true)
  assert.deepEqual(await checkPassword('x', hash, { policy: DEAR }), { ok: true, scheme: 'argon2id', needsRehash: false })
  await assert.rejects(verifyPassword('x', hash), { code: 'ERR_COST_LIMIT' })
  await assert.rejects(verifyPassword('x', hash, { policy: { ...DEAR, passes: 19 } }), { code: 'ERR_COST_LIMIT' })
})

test('a limit that is set stays as it is', async () => {
  const hash = await hashPassword('x', { policy: DEAR })
  for (const limits of [{ passes: 19 }, { lanes: 69 }, { memoryKiB: 559 }]) {
    await assert.rejects(verifyPassword('x', hash, { policy: DEAR, limits }), { code: 'ERR_COST_LIMIT' })
  }
  assert.equal(await verifyPassword('x', hash, { limits: { passes: 20, lanes: 70 } }), true)
})

test('each limit follows the policy upwards, never downwards', () => {
  const limitsFor = (policy) => checkLimits(undefined, checkPolicy(policy))
  assert.deepEqual(limitsFor(undefined), DEFAULT_LIMITS)
  assert.deepEqual(limitsFor({ algorithm: 'bcrypt', cost: 18 }), { ...DEFAULT_LIMITS, bcryptCost: 18 })
  assert.deepEqual(limitsFor({ algorithm: 'bcrypt-sha256', cost: 5 }), DEFAULT_LIMITS)
  assert.deepEqual(limitsFor({ algorithm: 'argon2d', memoryKiB: 3 << 20, passes: 17, lanes: 65 }), { ...DEFAULT_LIMITS, memoryKiB: 3 << 20, passes: 17, lanes: 65 })
})
