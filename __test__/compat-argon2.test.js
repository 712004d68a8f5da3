'use strict'

// The drop-in for argon2 beside the package itself.

const assert = require('node:assert/strict')
const { randomBytes, randomInt } = require('node:crypto')
const { after, test } = require('node:test')
const theirs = require('argon2')
const ours = require('offloop/compat/argon2')
const { hashPassword, verifyPassword } = require('..')
const { idle } = require('./support/pool.js')

after(idle)

const CHEAP = { memoryCost: 64, timeCost: 2, parallelism: 1 }

async function comesTo(call) {
  try {
    return { value: await call() }
  } catch (error) {
    return { name: error.name, message: error.message }
  }
}

test('it has the same functions and constants', () => {
  for (const [name, value] of Object.entries(theirs)) {
    if (typeof value === 'function') assert.equal(typeof ours[name], 'function', name)
    else assert.equal(ours[name], value, name)
  }
})

test('random passwords, costs, types, secrets and data hash alike', async () => {
  for (let i = 0; i < 80; i++) {
    const parallelism = randomInt(1, 5)
    const options = {
      type: i % 3,
      version: i % 4 === 0 ? 0x10 : 0x13,
      parallelism,
      memoryCost: randomInt(8 * parallelism, 300),
      timeCost: randomInt(1, 4),
      hashLength: randomInt(4, 100),
      salt: randomBytes(randomInt(8, 40)),
      ...(i % 2 === 0 ? { secret: randomBytes(randomInt(1, 40)) } : {}),
      ...(i % 5 < 2 ? { associatedData: randomBytes(randomInt(1, 40)) } : {})
    }
    const password = i % 2 === 0 ? randomBytes(randomInt(0, 60)) : `pässwörd ${i}`
    assert.deepEqual(await ours.hash(password, { ...options, raw: true }), await theirs.hash(password, { ...options, raw: true }))
    const expected = await theirs.hash(password, options)
    assert.equal(await ours.hash(password, { ...options, order: 'm,p,t' }), expected)
    const { secret } = options
    for (const string of [expected, await ours.hash(password, options)]) {
      assert.equal(await ours.verify(string, password, { secret }), true)
      assert.equal(await theirs.verify(string, password, { secret }), true)
      assert.equal(await ours.verify(string, 'another', { secret }), false)
      if (secret !== undefined) assert.equal(await ours.verify(string, password), false)
    }
  }
})

test('the order is that of the PHC format, unless asked otherwise', async () => {
  assert.match(await ours.hash('x', CHEAP), /^\$argon2id\$v=19\$m=64,t=2,p=1\$/)
  assert.match(await ours.hash('x', { ...CHEAP, order: 'm,p,t' }), /^\$argon2id\$v=19\$m=64,p=1,t=2\$/)
  await assert.rejects(ours.hash('x', { ...CHEAP, order: 't' }), TypeError)
})

test('the defaults are the package\'s', async () => {
  assert.match(await ours.hash('x'), /^\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  const hash = await theirs.hash('x')
  assert.equal(await ours.verify(hash, 'x'), true)
  assert.equal(ours.needsRehash(hash), false)
})

test('needsRehash', async () => {
  const hash = await ours.hash('x', { ...CHEAP, order: 'm,p,t' })
  const old = hash.replace('$v=19', '')
  for (const digest of [hash, old]) {
    for (const options of [undefined, {}, CHEAP, { ...CHEAP, timeCost: 3 }, { ...CHEAP, memoryCost: 65 }, { ...CHEAP, parallelism: 2 }, { ...CHEAP, version: 0x10 }, { ...CHEAP, hashLength: 64 }]) {
      assert.equal(ours.needsRehash(digest, options), theirs.needsRehash(digest, options), `${digest} ${JSON.stringify(options)}`)
    }
  }
})

test('what is too large is a RangeError, what is no hash is an error or false', async () => {
  for (const options of [{ hashLength: 2 ** 32 }, { memoryCost: 2 ** 32 }, { timeCost: 2 ** 32 }, { parallelism: 2 ** 24 }]) {
    const expected = await comesTo(() => theirs.hash('x', options))
    assert.equal(expected.name, 'RangeError')
    assert.deepEqual(await comesTo(() => ours.hash('x', options)), expected)
  }
  for (const options of [{ hashLength: 3 }, { hashLength: 1025 }, { memoryCost: 1 }, { timeCost: 0 }, { salt: Buffer.alloc(7) }, { version: 5 }]) {
    await assert.rejects(ours.hash('x', { ...CHEAP, ...options }), Error, JSON.stringify(options))
  }
  assert.equal(await ours.verify('$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'x'), false)
  for (const none of ['', 'x', undefined, 5]) await assert.rejects(ours.verify(none, 'x'), TypeError)
  await assert.rejects(ours.hash(5), TypeError)
})

test('a string without a version is of version 16', async () => {
  const old = await theirs.hash('x', { ...CHEAP, version: 0x10 })
  assert.equal(await ours.verify(old.replace('$v=16', ''), 'x'), true)
})

test('what it makes is understood by verifyPassword, and the other way round', async () => {
  const bound = await ours.hash('secret', { ...CHEAP, associatedData: Buffer.from('user 7') })
  assert.equal(await verifyPassword('secret', bound), true)
  assert.equal(await verifyPassword('secret', bound, { associatedData: Buffer.from('user 7') }), true)
  assert.equal(await verifyPassword('secret', bound, { associatedData: Buffer.from('user 8') }), false)
  assert.equal(await ours.verify(await hashPassword('secret', { policy: { algorithm: 'argon2id', memoryKiB: 64, passes: 1 } }), 'secret'), true)
})

test('the caller may clear his own at once', async () => {
  const [password, secret] = [Buffer.from('secret'), Buffer.from('key')]
  const hashing = ours.hash(password, { ...CHEAP, secret })
  password.fill(0)
  secret.fill(0)
  assert.equal(await ours.verify(await hashing, 'secret', { secret: Buffer.from('key') }), true)
})
