'use strict'

// The drop-in for argon2 beside the package itself: what they make of arguments that are none, and what becomes of the
// caller's memory.

const assert = require('node:assert/strict')
const { after, mock, test } = require('node:test')
const theirs = require('argon2')
const ours = require('offloop/compat/argon2')
const { idle } = require('./support/pool.js')

after(idle)

const CHEAP = { memoryCost: 64, timeCost: 2, parallelism: 1 }
const SALT = Buffer.alloc(16, 1)

async function comesTo(call) {
  try {
    return { value: await call() }
  } catch (error) {
    return { class: error.constructor, message: error.message }
  }
}

/** Both alike, also to the string where `order` is theirs. */
async function alike(options, what = JSON.stringify(options)) {
  for (const raw of [false, true]) {
    const given = { ...CHEAP, salt: SALT, raw, ...options }
    const expected = await comesTo(() => theirs.hash('x', given))
    assert.deepEqual(await comesTo(() => ours.hash('x', { ...given, order: 'm,p,t' })), expected, `${what} ${raw}`)
  }
}

test('salt, secret and associated data that are no bytes', async () => {
  for (const [name, make] of Object.entries({
    'a string': () => 'somesaltsomesalt',
    'an array': () => [1, 2, 3, 4, 5, 6, 7, 8],
    'a number': () => 16,
    'an object': () => ({ length: 16 }),
    true: () => true,
    'an ArrayBuffer': () => new ArrayBuffer(16),
    'a DataView': () => new DataView(new ArrayBuffer(16)),
    'a proxy': () => new Proxy(Buffer.alloc(16), {})
  })) {
    for (const option of ['salt', 'secret', 'associatedData']) {
      assert.deepEqual(await comesTo(() => theirs.hash('x', { ...CHEAP, [option]: make() })), { class: Error, message: 'Invalid argument' })
      await alike({ [option]: make() }, `${option}: ${name}`)
    }
    const hash = await ours.hash('x', CHEAP)
    assert.deepEqual(await comesTo(() => ours.verify(hash, 'x', { secret: make() })), { class: Error, message: 'Invalid argument' })
  }
  for (const option of ['secret', 'associatedData']) await alike({ [option]: null })
  for (const options of [null, 5, 'x', {}]) {
    const hash = await ours.hash('x', CHEAP)
    assert.deepEqual(await comesTo(() => ours.verify(hash, 'x', options)), await comesTo(() => theirs.verify(hash, 'x', options)))
  }
})

test('costs as strings, fractions and nothing', async () => {
  for (const options of [
    { timeCost: '3' }, { memoryCost: '64' }, { parallelism: '1' }, { hashLength: '24' }, { hashLength: 24.9 }, { type: '0' }, { type: '1' }, { type: '2' },
    { timeCost: undefined }, { timeCost: null }, { timeCost: NaN }, { timeCost: 'x' }, { timeCost: {} }, { memoryCost: undefined }, { memoryCost: true },
    { parallelism: undefined }, { hashLength: undefined }, { hashLength: 'x' }, { type: 3 }, { type: -1 }
  ]) await alike(options)
  for (const options of [{ type: undefined }, { type: null }, { type: 'argon2id' }, { type: 2.5 }, { version: '19' }]) await alike(options)
  assert.deepEqual(await comesTo(() => ours.hash('x', { ...CHEAP, type: undefined })), { class: TypeError, message: 'id must be a string' })
})

test('values too small', async () => {
  for (const [options, message] of [
    [{ timeCost: 0 }, 'Time cost is too small'], [{ memoryCost: 7 }, 'Memory cost is too small'], [{ parallelism: 9 }, 'Memory cost is too small'],
    [{ parallelism: 0 }, 'Too few lanes'], [{ salt: Buffer.alloc(7) }, 'Salt is too short'], [{ hashLength: 3 }, 'Output is too short'],
    [{ hashLength: 3, timeCost: 0 }, 'Output is too short'], [{ type: 9, timeCost: 0 }, 'Time cost is too small'], [{ type: 9 }, 'There is no such version of Argon2']
  ]) {
    assert.deepEqual(await comesTo(() => ours.hash('x', { ...CHEAP, ...options })), { class: Error, message })
    await alike(options)
  }
})

test('what only offloop refuses is told in the options\' own words', async () => {
  for (const [options, message] of [
    [{ hashLength: 1025 }, /^hashLength must be at most 1024/], [{ timeCost: 65_536 }, /^timeCost must be at most 65535/], [{ parallelism: 256, memoryCost: 2048 }, /^parallelism must be at most 255/],
    [{ memoryCost: 2 ** 22 + 1 }, /^memoryCost must be at most 4194304/], [{ salt: Buffer.alloc(1025) }, /^the length of salt must be at most 1024/], [{ secret: Buffer.alloc(1025) }, /secret must/],
    [{ associatedData: Buffer.alloc(1025) }, /associatedData must/], [{ saltLength: 1025 }, /^saltLength must/], [{ version: 5 }, /^version must be 16 or 19/]
  ]) await assert.rejects(ours.hash('x', { ...CHEAP, ...options }), { name: 'RangeError', code: 'ERR_INVALID_ARG', message })
  await assert.rejects(ours.hash(Buffer.alloc(2 ** 20 + 1), CHEAP), { code: 'ERR_INVALID_ARG', message: /^password must be at most 1048576 bytes/ })
})

test('the length of a random salt, as versions up to 0.31 had it', async () => {
  assert.equal(ours.defaults.saltLength, 16)
  assert.match(await ours.hash('x', { ...CHEAP, saltLength: 12 }), /\$[A-Za-z0-9+/]{16}\$[^$]*$/)
  assert.match(await ours.hash('x', { ...CHEAP, saltLength: undefined }), /\$[A-Za-z0-9+/]{22}\$[^$]*$/)
  assert.deepEqual(await comesTo(() => ours.hash('x', { ...CHEAP, saltLength: 7 })), { class: Error, message: 'Salt is too short' })
})

test('needsRehash with numbers as strings and with fractions', async () => {
  const hash = await ours.hash('x', { ...CHEAP, memoryCost: 64.9 })
  for (const options of [{ memoryCost: '64' }, { timeCost: '2' }, { parallelism: '1' }, { version: '19' }, { timeCost: undefined }, { version: undefined }]) {
    assert.equal(ours.needsRehash(hash, { ...CHEAP, ...options }), theirs.needsRehash(hash, { ...CHEAP, ...options }), JSON.stringify(options))
  }
  assert.equal(ours.needsRehash(hash, { ...CHEAP, memoryCost: 64.9 }), false)
})

test('the caller\'s memory is his', async () => {
  for (const make of [
    () => new ArrayBuffer(8), () => new SharedArrayBuffer(8), () => new ArrayBuffer(8, { maxByteLength: 16 }), () => new Uint8Array(8), () => new Uint8Array(new SharedArrayBuffer(8)), () => Buffer.alloc(8)
  ]) {
    const password = make()
    const bytes = new Uint8Array(password.buffer ?? password)
    bytes.set([...'password'].map((letter) => letter.charCodeAt(0)))
    const secret = Buffer.from('the key')
    const hash = await ours.hash(password, { ...CHEAP, secret })
    assert.equal(Buffer.from(bytes).toString(), 'password')
    assert.equal(await ours.verify(hash, password, { secret }), true)
    await assert.rejects(ours.hash(password, { ...CHEAP, timeCost: 0 }))
    assert.equal(Buffer.from(bytes).toString(), 'password')
    assert.equal(secret.toString(), 'the key')
    assert.equal(await theirs.verify(hash, 'password', { secret }), true)
  }
  const becoming = new ArrayBuffer(1)
  await ours.hash({ valueOf: () => becoming }, CHEAP)
  new Uint8Array(becoming)[0] = 120
  await ours.hash({ valueOf: () => becoming }, CHEAP)
  assert.equal(new Uint8Array(becoming)[0], 120)
})

test('salt and associated data may be changed at once', async () => {
  const [salt, associatedData] = [Buffer.alloc(16, 1), Buffer.from('user 7')]
  const hashing = ours.hash('x', { ...CHEAP, salt, associatedData })
  salt.fill(2)
  associatedData.fill(2)
  const hash = await hashing
  assert.equal(await ours.verify(hash, 'x'), true)
  assert.equal(await theirs.verify(hash, 'x'), true)
  assert.ok(hash.includes(`$${SALT.toString('base64').replaceAll('=', '')}$`))
})

test('copies of what is secret are wiped also where the call fails', async () => {
  const made = []
  const from = Buffer.from
  mock.method(Buffer, 'from', (...args) => {
    const bytes = from.apply(Buffer, args)
    made.push(bytes)
    return bytes
  })
  try {
    for (const options of [{ secret: 'no bytes' }, { secret: from('the secret'), timeCost: 0 }, { secret: from('the secret'), type: undefined }, { secret: from('the secret'), timeCost: 2 ** 20 }]) {
      made.length = 0
      await assert.rejects(ours.hash(from('the password'), { ...CHEAP, ...options, salt: SALT }))
      assert.ok(made.length > 0)
      for (const bytes of made) assert.ok(!bytes.includes('the password') && !bytes.includes('the secret'))
    }
  } finally {
    mock.restoreAll()
  }
})
