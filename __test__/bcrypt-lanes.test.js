'use strict'

// Many bcrypt hashes at once: how they share threads is tests/password_lanes.rs's; that they are right, here.

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { configurePool, hashPassword, poolStats, verifyPassword } = require('..')
const { idle, outcome } = require('./support/pool.js')

after(idle)

const cost = (cost) => ({ algorithm: 'bcrypt', cost })

test('the processor is asked for the width once a second hash waits, and the width can be set', async () => {
  for (const value of [0, 9, 1.5, '4', null]) assert.throws(() => configurePool({ bcryptLanes: value }), { code: 'ERR_INVALID_ARG', message: /bcryptLanes/ })
  assert.equal(poolStats().bcryptLanes, undefined)
  const many = poolStats().threads * 8 + 8
  await Promise.all(Array.from({ length: many }, () => hashPassword('x', { policy: cost(6) })))
  const asked = poolStats().bcryptLanes
  assert.ok(asked >= 1 && asked <= 8, String(asked))
  configurePool({ bcryptLanes: 3 })
  assert.equal(poolStats().bcryptLanes, 3)
  await Promise.all(Array.from({ length: many }, () => hashPassword('x', { policy: cost(4) })))
  configurePool({ bcryptLanes: 'auto' })
  assert.equal(poolStats().bcryptLanes, asked)
})

test('a crowd of costs, right and wrong passwords, aborted and late ones', async () => {
  const stored = await Promise.all([4, 5, 6, 7].map((n) => hashPassword(`password ${n}`, { policy: cost(n) })))
  const controller = new AbortController()
  const reason = new Error('gone')
  const jobs = []
  for (let i = 0; i < 200; i++) {
    const n = i % 4
    const right = i % 3 !== 0
    const expected =
      i % 10 === 7 ? 'aborted' : i % 10 === 8 ? 'late' : right
    const options = { signal: expected === 'aborted' ? controller.signal : undefined, timeoutMs: expected === 'late' ? 0.5 : undefined }
    const hash = typeof expected === 'string' ? stored[n].replace(/^\$2b\$\d\d/, '$2b$15') : stored[n]
    jobs.push({ expected, settled: outcome(verifyPassword(right ? `password ${n + 4}` : 'wrong', hash, options)) })
  }
  setTimeout(() => controller.abort(reason), 50)
  for (const { expected, settled } of jobs) {
    const { value, error } = await settled
    if (expected === 'aborted') assert.equal(error, reason)
    else if (expected === 'late') assert.equal(error.code, 'ERR_DEADLINE')
    else assert.equal(value, expected)
  }
})

test('argon2 between bcrypt gets its turn', async () => {
  const order = []
  const note = (name) => () => order.push(name)
  const { threads } = poolStats()
  const first = Array.from({ length: threads * 2 }, () => hashPassword('x', { policy: cost(8) }).then(note('first')))
  const argon2 = hashPassword('x', { policy: { algorithm: 'argon2id', memoryKiB: 64, passes: 1 } }).then(note('argon2'))
  const last = Array.from({ length: threads * 40 }, () => hashPassword('x', { policy: cost(8) }).then(note('last')))
  await Promise.all([...first, argon2, ...last])
  const at = order.indexOf('argon2')
  assert.ok(order.slice(0, at).filter((name) => name === 'last').length <= threads * 8, `${at} of ${order.length}`)
})
