'use strict'

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { OffloopError, hashPassword, verifyPassword } = require('..')
const { CHEAP, idle } = require('./support/pool.js')

const BCRYPT = { algorithm: 'bcrypt', cost: 4 }
const SALT = Buffer.from('somesalt')

after(idle)

// From the reference implementation of argon2 (its test.c; all are of "password" and "somesalt").
const ARGON2 = [
  '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
  '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
  '$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E'
]

for (const hash of ARGON2) {
  test(`argon2 of the reference implementation: ${hash.slice(0, 32)}`, async () => {
    assert.equal(await verifyPassword('password', hash), true)
    assert.equal(await verifyPassword('Password', hash), false)
    const [, algorithm, , numbers] = hash.split('$')
    const [memoryKiB, passes, lanes] = numbers.split(',').map((number) => Number(number.slice(2)))
    assert.equal(await hashPassword('password', { policy: { algorithm, memoryKiB, passes, lanes }, salt: SALT }), hash)
  })
}

test('argon2 without a version is of version 1.0', async () => {
  // Also the reference implementation's, under ARGON2_VERSION_10.
  const old = '$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY'
  assert.equal(await verifyPassword('password', old), true)
  assert.equal(await verifyPassword('differentpassword', old), false)
  assert.equal(await verifyPassword('password', old.replace('$m', '$$v=19$m')), false)
  assert.equal(await verifyPassword('password', '$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs'), true)
})

test('the numbers of an argon2 string in another order', async () => {
  assert.equal(await verifyPassword('password', ARGON2[1].replace('m=256,t=2,p=1', 'p=1,m=256,t=2')), true)
})

// From crypt_blowfish's wrapper.c and OpenBSD's regress tests.
const BCRYPTS = [
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
  ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  ['', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'],
  [Buffer.from([0xff, 0xff, 0xa3]), '$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e'],
  [Buffer.from([0xa3]), '$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq'],
  [
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui'
  ]
]

for (const [password, hash] of BCRYPTS) {
  test(`bcrypt of the first implementations: ${hash.slice(0, 29)}`, async () => {
    for (const prefix of ['$2a$', '$2b$', '$2y$']) {
      assert.equal(await verifyPassword(password, prefix + hash.slice(4)), true)
    }
    assert.equal(await verifyPassword('U*', hash), false)
  })
}

for (const policy of [CHEAP, { algorithm: 'argon2i', memoryKiB: 64, passes: 3, lanes: 2, hashLength: 16 }, { ...CHEAP, algorithm: 'argon2d' }, BCRYPT]) {
  test(`what ${JSON.stringify(policy)} hashed verifies`, async () => {
    for (const password of ['', 'correct horse', 'pässwörd \u{1f511}', Buffer.from([0xff, 1, 2, 0x80]), new Uint8Array(40).fill(7)]) {
      const hash = await hashPassword(password, { policy })
      assert.equal(await verifyPassword(password, hash), true)
      assert.equal(await verifyPassword(Buffer.concat([Buffer.from(password), Buffer.from('x')]), hash), false)
      assert.notEqual(await hashPassword(password, { policy }), hash, 'the salt must be new')
    }
  })
}

test('defaults: argon2id at 19 MiB, two passes, one lane; bcrypt cost 12', async () => {
  assert.match(await hashPassword('x'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  assert.match(await hashPassword('x', { policy: { algorithm: 'argon2i', memoryKiB: 16 } }), /^\$argon2i\$v=19\$m=16,t=2,p=1\$/)
  assert.match(await hashPassword('x', { policy: { algorithm: 'bcrypt' } }), /^\$2b\$12\$[\w./]{53}$/)
})

test('a string counts as its UTF-8 bytes, a lone surrogate as U+FFFD', async () => {
  for (const text of ['ascii', 'é', '\u{1f600}', 'a\ud800b', '\udc00', '']) {
    const bytes = new TextEncoder().encode(text)
    assert.equal(await verifyPassword(bytes, await hashPassword(text, { policy: CHEAP })), true)
  }
})

test('a view takes its own part of the buffer', async () => {
  const whole = Buffer.from('abcdef')
  const hash = await hashPassword(whole.subarray(2, 4), { policy: CHEAP })
  assert.equal(await verifyPassword('cd', hash), true)
  const salted = { policy: CHEAP, salt: Buffer.from('xxsaltsaltxx').subarray(2, 10) }
  assert.equal(await hashPassword('p', salted), await hashPassword('p', { policy: CHEAP, salt: Buffer.from('saltsalt') }))
})

test('bytes are copied within the call', async () => {
  const password = Buffer.from('before')
  const salt = Buffer.from('saltsalt')
  const hashing = hashPassword(password, { policy: CHEAP, salt })
  password.fill(0)
  salt.fill(0)
  const hash = await hashing
  assert.equal(hash, await hashPassword('before', { policy: CHEAP, salt: Buffer.from('saltsalt') }))
  const again = new TextEncoder().encode('before')
  const verifying = verifyPassword(again, hash)
  structuredClone(again, { transfer: [again.buffer] })
  assert.equal(again.length, 0)
  assert.equal(await verifying, true)
})

test('a policy that is changed after the call', async () => {
  const policy = { ...CHEAP }
  const hashing = hashPassword('x', { policy })
  policy.memoryKiB = 1024
  assert.match(await hashing, /m=8,/)
})

test('a given salt makes a hash that repeats', async () => {
  for (const [policy, salt] of [[CHEAP, Buffer.alloc(8, 1)], [CHEAP, new Uint8Array(1024)], [BCRYPT, Buffer.alloc(16, 9)]]) {
    const first = await hashPassword('x', { policy, salt })
    assert.equal(await hashPassword('x', { policy, salt }), first)
    assert.notEqual(await hashPassword('y', { policy, salt }), first)
    assert.equal(await verifyPassword('x', first), true)
  }
})

test('no such user: the work is done and the answer is false', async () => {
  for (const nobody of [null, undefined]) {
    for (const policy of [CHEAP, BCRYPT]) assert.equal(await verifyPassword('x', nobody, { policy }), false)
    assert.equal(await verifyPassword('', nobody), false)
    // Whether the user exists must not decide whether a password is too long.
    assert.equal(await verifyPassword('x'.repeat(100), nobody, { policy: BCRYPT }), false)
    assert.equal(await verifyPassword('x\0y', nobody, { policy: BCRYPT }), false)
  }
})

test('passwords that bcrypt cannot take whole', async () => {
  const most = 'x'.repeat(72)
  const over = `${most}y`
  assert.equal(await verifyPassword(most, await hashPassword(most, { policy: BCRYPT })), true)
  for (const password of [over, 'a\0b', '\0', Buffer.alloc(73), 'é'.repeat(37)]) {
    await assert.rejects(hashPassword(password, { policy: BCRYPT }), (error) => {
      assert.ok(error instanceof OffloopError)
      assert.equal(error.code, 'ERR_PASSWORD_LENGTH')
      assert.equal(error.retryable, false)
      assert.match(error.message, /password/)
      return true
    })
  }
  const truncate = { policy: { ...BCRYPT, longPassword: 'truncate' } }
  const hash = await hashPassword(over, truncate)
  assert.equal(await verifyPassword(over, hash), true)
  assert.equal(await verifyPassword(most, hash), true)
  assert.equal(await verifyPassword(`${most}zzz`, hash), true)
  assert.equal(await verifyPassword(most.slice(1), hash), false)
  const withNul = await hashPassword('a\0b', truncate)
  assert.equal(await verifyPassword('a\0b', withNul), true)
  assert.equal(await verifyPassword('a\0c', withNul), false)
})

test('argon2 takes long passwords and NULs whole, up to 1 MiB', async () => {
  const long = 'x'.repeat(1 << 20)
  const hash = await hashPassword(long, { policy: CHEAP })
  assert.equal(await verifyPassword(long, hash), true)
  assert.equal(await verifyPassword(long.slice(1), hash), false)
  assert.equal(await verifyPassword('a\0c', await hashPassword('a\0b', { policy: CHEAP })), false)
})

test('a stored hash that asks for more than the limits is refused', async () => {
  const salt = 'c29tZXNhbHQ'
  const key = 'CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  const argon2 = (numbers) => `$argon2id$v=19$${numbers}$${salt}$${key}`
  const bcrypt = (cost) => `$2b$${cost}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`
  for (const [hash, limits, named] of [
    [argon2('m=4194304,t=1,p=1'), undefined, /memory|KiB/i],
    [argon2('m=64,t=17,p=1'), undefined, /passes/i],
    [argon2('m=1024,t=1,p=65'), undefined, /lanes/i],
    [bcrypt(17), undefined, /cost/i],
    [bcrypt(31), undefined, /cost/i],
    [ARGON2[1], { memoryKiB: 255 }, /memory|KiB/i],
    [ARGON2[1], { passes: 1 }, /passes/i],
    [ARGON2[2], { lanes: 1 }, /lanes/i],
    [BCRYPTS[0][1], { bcryptCost: 4 }, /cost/i]
  ]) {
    await assert.rejects(verifyPassword('password', hash, { limits }), (error) => {
      assert.ok(error instanceof OffloopError)
      assert.equal(error.code, 'ERR_COST_LIMIT')
      assert.match(error.message, named)
      assert.ok(!error.message.includes(salt) && !error.message.includes('password is'), error.message)
      return true
    })
  }
  assert.equal(await verifyPassword('password', ARGON2[2], { limits: { memoryKiB: 256, passes: 2, lanes: 2 } }), true)
  assert.equal(await verifyPassword('U*U', BCRYPTS[0][1], { limits: { bcryptCost: 5 } }), true)
})

test('strings that are no hash', async () => {
  const secret = 'hunter2hunter2'
  for (const hash of [
    '',
    ' ',
    'hunter3',
    '$argon2id$',
    '$argon2id$v=19$m=8,t=1,p=1',
    '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ',
    '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$',
    '$argon2id$v=19$m=8,t=1,p=1$!!!!$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=18$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=-8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=99999999999999999999,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=8,t=1,p=1,data=!$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2x$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$scrypt$ln=x,r=8,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3',
    '$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e\n',
    '$2b$03$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e',
    '$2b$32$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e',
    '$2b$0x$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e',
    '$2b$05$\u0000'.padEnd(60, '.'),
    'é'.repeat(60),
    '\ud800',
    'x'.repeat(10_000)
  ]) {
    await assert.rejects(verifyPassword(secret, hash), (error) => {
      assert.ok(error instanceof OffloopError, String(error))
      assert.equal(error.code, 'ERR_HASH_FORMAT', `${hash.slice(0, 50)}: ${error.message}`)
      assert.ok(!error.message.includes(secret), 'the message shows the password')
      if (hash.length > 4) assert.ok(!error.message.includes(hash), 'the message shows the hash')
      return true
    })
  }
})

test('swapped arguments get a hint', async () => {
  const hash = await hashPassword('hunter2hunter2', { policy: BCRYPT })
  for (const stored of [ARGON2[1], hash]) {
    await assert.rejects(verifyPassword(stored, 'hunter2hunter2'), (error) => {
      assert.equal(error.code, 'ERR_HASH_FORMAT')
      assert.match(error.message, /verifyPassword\(password, hash\)/)
      assert.ok(!error.message.includes('hunter2') && !error.message.includes(stored))
      return true
    })
    await assert.rejects(verifyPassword(stored, Buffer.from('hunter2')), { code: 'ERR_INVALID_ARG', message: /verifyPassword\(password, hash\)/ })
    // A password may look like a hash.
    assert.equal(await verifyPassword(stored, await hashPassword(stored, { policy: CHEAP })), true)
  }
})
