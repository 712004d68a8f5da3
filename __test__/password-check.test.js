'use strict'

// checkPassword, inspectHash, peppers, associated data and limits, as JavaScript sees them. What each scheme computes
// is tests/password_stored.rs's.

const assert = require('node:assert/strict')
const { createHmac, createSecretKey, generateKeyPairSync } = require('node:crypto')
const { after, test } = require('node:test')
const { checkPassword, hashPassword, inspectHash, poolStats, verifyPassword } = require('..')
const { CHEAP, idle } = require('./support/pool.js')

after(idle)

const BCRYPT = { algorithm: 'bcrypt', cost: 4 }
const U_U = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'

test('checkPassword tells what it found', async () => {
  const current = await hashPassword('secret', { policy: CHEAP })
  assert.deepEqual(await checkPassword('secret', current, { policy: CHEAP }), { ok: true, scheme: 'argon2id', needsRehash: false })
  assert.deepEqual(await checkPassword('wrong', current, { policy: CHEAP }), { ok: false, scheme: 'argon2id', needsRehash: false, reason: 'mismatch' })
  assert.deepEqual(await checkPassword('U*U', U_U, { policy: CHEAP }), { ok: true, scheme: 'bcrypt', needsRehash: true, reason: 'algorithm' })
  assert.deepEqual(await checkPassword('U*U', U_U, { policy: BCRYPT }), { ok: true, scheme: 'bcrypt', needsRehash: true, reason: 'cost' })
  assert.deepEqual(await checkPassword('x', null, { policy: CHEAP }), { ok: false, scheme: null, needsRehash: false, reason: 'no-hash' })
  assert.deepEqual(await checkPassword('x', undefined, { policy: BCRYPT }), { ok: false, scheme: null, needsRehash: false, reason: 'no-hash' })
  await assert.rejects(checkPassword('x', 'hunter2'), { code: 'ERR_HASH_FORMAT' })
})

test('checkPassword hashes a right password anew, in one job, and never a wrong one', async () => {
  const before = poolStats().interactive.completed
  const { newHash, ...rest } = await checkPassword('U*U', U_U, { policy: CHEAP, rehash: true })
  assert.deepEqual(rest, { ok: true, scheme: 'bcrypt', needsRehash: true, reason: 'algorithm' })
  assert.equal(poolStats().interactive.completed, before + 1)
  assert.deepEqual(await checkPassword('U*U', newHash, { policy: CHEAP, rehash: true }), { ok: true, scheme: 'argon2id', needsRehash: false })
  assert.equal((await checkPassword('wrong', U_U, { policy: CHEAP, rehash: true })).newHash, undefined)
  assert.equal((await checkPassword('x', null, { policy: CHEAP, rehash: true })).newHash, undefined)
})

test('bcrypt-sha256 takes all of a password, and its policy has no longPassword', async () => {
  const policy = { algorithm: 'bcrypt-sha256', cost: 4 }
  const long = 'x'.repeat(200)
  const hash = await hashPassword(long, { policy })
  assert.match(hash, /^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/)
  assert.equal(await verifyPassword(long, hash), true)
  assert.equal(await verifyPassword(`${long}x`, hash), false)
  await assert.rejects(hashPassword('x', { policy: { ...policy, longPassword: 'truncate' } }), { code: 'ERR_INVALID_ARG', message: /longPassword is no option of bcrypt-sha256/ })
})

test('inspectHash reads a string and computes nothing', () => {
  assert.deepEqual(inspectHash(U_U), { scheme: 'bcrypt', params: { version: '2a', cost: 5 }, needsRehash: true })
  assert.deepEqual(inspectHash(U_U, { policy: { algorithm: 'bcrypt', cost: 5 } }), { scheme: 'bcrypt', params: { version: '2a', cost: 5 }, needsRehash: false })
  assert.deepEqual(inspectHash('$argon2id$v=19$m=256,p=2,t=2,keyid=b25l$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'), {
    scheme: 'argon2id',
    params: { version: 19, memoryKiB: 256, passes: 2, lanes: 2, saltLength: 8, hashLength: 32, keyId: 'one' },
    needsRehash: true
  })
  for (const none of ['', 'hunter2', U_U.slice(1), `${U_U}x`, 'x'.repeat(10_000)]) assert.equal(inspectHash(none), null)
  assert.throws(() => inspectHash(5), { code: 'ERR_INVALID_ARG', message: /hash must be a string/ })
  assert.throws(() => inspectHash(U_U, { policy: {} }), { code: 'ERR_INVALID_ARG', message: /policy\.algorithm/ })
})

test('a pepper: HMAC-SHA-256 in base64, then the scheme; the key is named, and rotated', async () => {
  const keys = { one: 'the key one', two: Buffer.from('the key two'), three: createSecretKey(Buffer.from('the key three')) }
  for (const policy of [CHEAP, BCRYPT]) {
    for (const current of Object.keys(keys)) {
      const hash = await hashPassword('secret', { policy, pepper: { current, keys } })
      const id = Buffer.from(current).toString('base64').replace(/=+$/, '')
      assert.ok(hash.includes(`keyid=${id}`), hash)
      assert.equal(inspectHash(hash).params.keyId, current)
      // What is inside is the scheme's own hash of the MAC.
      const mac = createHmac('sha256', keys[current]).update('secret').digest('base64')
      const inner = policy === BCRYPT ? hash.replace(/^\$hmac-sha256\$keyid=[^$]+/, '') : hash.replace(`,keyid=${id}`, '')
      assert.equal(await verifyPassword(mac, inner), true)
      for (const other of Object.keys(keys)) {
        const pepper = { current: other, keys }
        assert.equal(await verifyPassword('secret', hash, { pepper }), true)
        assert.equal(await verifyPassword('Secret', hash, { pepper }), false)
        const check = await checkPassword('secret', hash, { policy, pepper, rehash: true })
        assert.equal(check.needsRehash, other !== current)
        assert.equal(check.reason, other === current ? undefined : 'pepper')
        if (check.newHash !== undefined) assert.equal(inspectHash(check.newHash).params.keyId, other)
        assert.equal(inspectHash(hash, { policy, pepper }).needsRehash, other !== current)
      }
      await assert.rejects(verifyPassword('secret', hash), { code: 'ERR_INVALID_ARG', message: new RegExp(`pepper key '${current}'`) })
      assert.equal(await verifyPassword('secret', hash, { pepper: { current, keys: { [current]: 'another' } } }), false)
    }
    const plain = await hashPassword('secret', { policy })
    assert.deepEqual(await checkPassword('secret', plain, { policy, pepper: { current: 'one', keys } }), {
      ok: true, scheme: policy.algorithm, needsRehash: true, reason: 'pepper'
    })
  }
  assert.equal(await verifyPassword('x', null, { policy: CHEAP, pepper: { current: 'one', keys } }), false)
})

test('nothing is too long for bcrypt with a pepper', async () => {
  const pepper = { current: 'one', keys: { one: 'key' } }
  const hash = await hashPassword('x'.repeat(100), { policy: BCRYPT, pepper })
  assert.equal(await verifyPassword('x'.repeat(101), hash, { pepper }), false)
})

test('the caller\'s keys may be wiped at once, and are his own', async () => {
  const key = Buffer.from('a key of the caller')
  const pepper = { current: 'one', keys: { one: key } }
  const hashing = hashPassword('secret', { policy: CHEAP, pepper })
  key.fill(0)
  const hash = await hashing
  assert.equal(await verifyPassword('secret', hash, { pepper: { current: 'one', keys: { one: 'a key of the caller' } } }), true)
  const kept = Buffer.from('kept')
  await hashPassword('secret', { policy: CHEAP, pepper: { current: 'one', keys: { one: kept } } })
  assert.equal(kept.toString(), 'kept')
})

test('rings that are none', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  for (const [pepper, message] of [
    [null, /options\.pepper must be an object/],
    [{}, /pepper\.current must be a string/],
    [{ current: 'one' }, /pepper\.keys must be an object/],
    [{ current: 'one', keys: Buffer.from('x') }, /pepper\.keys must be an object/],
    [{ current: 'one', keys: {} }, /1 to 1024 keys/],
    [{ current: 'one', keys: { two: 'x' } }, /pepper\.current must be the id/],
    [{ current: 'one', keys: { one: '' } }, /keys\['one'\] must have 1 to 65536 bytes/],
    [{ current: 'one', keys: { one: 5 } }, /keys\['one'\] must be a string, Buffer/],
    [{ current: 'one', keys: { one: privateKey } }, /got a private key/],
    [{ current: '', keys: { '': 'x' } }, /ids of 1 to 64 bytes/],
    [{ current: 'one', keys: { one: 'x', ['x'.repeat(65)]: 'x' } }, /ids of 1 to 64 bytes/],
    [{ current: 'one', keys: { one: 'x' }, extra: 1 }, /pepper\.extra is no known option/]
  ]) {
    for (const call of [() => hashPassword('x', { pepper }), () => verifyPassword('x', U_U, { pepper }), () => checkPassword('x', U_U, { pepper })]) {
      await assert.rejects(call, (error) => error.code === 'ERR_INVALID_ARG' && message.test(error.message), message.source)
    }
    assert.throws(() => inspectHash(U_U, { pepper }), { code: 'ERR_INVALID_ARG' })
  }
})

test('associated data binds an argon2 hash, and must be given again', async () => {
  const associatedData = Buffer.from('user 7')
  const hash = await hashPassword('secret', { policy: CHEAP, associatedData })
  assert.equal(await verifyPassword('secret', hash, { associatedData }), true)
  assert.equal(await verifyPassword('secret', hash, { associatedData: Buffer.from('user 8') }), false)
  assert.equal(await verifyPassword('secret', hash), false)
  assert.equal(await verifyPassword('U*U', U_U, { associatedData }), true, 'bcrypt has none')
  const { newHash } = await checkPassword('U*U', U_U, { associatedData, policy: CHEAP, rehash: true })
  assert.equal(await verifyPassword('U*U', newHash, { associatedData }), true)
  assert.equal(await verifyPassword('U*U', newHash), false)
  await assert.rejects(hashPassword('x', { policy: BCRYPT, associatedData }), { code: 'ERR_INVALID_ARG', message: /associatedData/ })
  await assert.rejects(hashPassword('x', { associatedData: Buffer.alloc(1025) }), { code: 'ERR_INVALID_ARG', message: /1024/ })
  await assert.rejects(hashPassword('x', { associatedData: 'text' }), { code: 'ERR_INVALID_ARG', message: /associatedData must be a Buffer/ })
})

test('limits for every scheme, before anything is allocated', async () => {
  const peak = poolStats().memory.peak
  const rest = '$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  for (const [hash, limits, named] of [
    [`$scrypt$ln=20,r=8,p=1${rest}`, undefined, /scryptMemoryKiB/],
    [`$scrypt$ln=4,r=8,p=17${rest}`, undefined, /scryptParallelism/],
    [`$scrypt$ln=10,r=8,p=1${rest}`, { scryptMemoryKiB: 1023 }, /scryptMemoryKiB/],
    [`$pbkdf2-sha256$5000001${rest}`, undefined, /pbkdf2Iterations/],
    [`$pbkdf2-sha512$i=1000${rest}`, { pbkdf2Iterations: 999 }, /pbkdf2Iterations/],
    ['$P$Osaltsalt......................', undefined, /pbkdf2Iterations/],
    [`$argon2id$v=19$m=4294967295,t=1,p=1${rest}`, undefined, /memoryKiB/],
    [U_U.replace('$05$', '$17$'), undefined, /bcryptCost/]
  ]) {
    await assert.rejects(verifyPassword('x', hash, { limits }), { code: 'ERR_COST_LIMIT', message: named })
    await assert.rejects(checkPassword('x', hash, { limits }), { code: 'ERR_COST_LIMIT', message: named })
  }
  assert.equal(poolStats().memory.peak, peak)
})

test('swapped arguments get a hint that names the function', async () => {
  for (const hash of [U_U, '$P$Bsaltsalt......................', '{bcrypt}$2a$10$x', 'pbkdf2_sha256$1$x$y']) {
    await assert.rejects(checkPassword(hash, 'hunter2'), { code: 'ERR_HASH_FORMAT', message: /checkPassword\(password, hash\)/ })
  }
})
