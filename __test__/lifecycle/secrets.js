'use strict'

// Hashes with a password and a pepper's key that are never in this process's memory but as bytes it clears, and stops
// whenever the parent is to look through that memory.

const readline = require('node:readline')
const { checkPassword, hashPassword, verifyPassword } = require('../..')
const bcrypt = require('../../compat/bcrypt')
const argon2 = require('../../compat/argon2')

const scenario = process.argv[2]
const [masked, mask, maskedKey, keyMask] = process.argv.slice(3).map((hex) => Buffer.from(hex, 'hex'))

/** The two together, in memory of its own: V8 moves small arrays about, and leaves what it moved. */
function unmask(one, other) {
  const bytes = Buffer.from(new ArrayBuffer(one.length))
  for (let i = 0; i < bytes.length; i++) bytes[i] = one[i] ^ other[i]
  return bytes
}

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()
async function look(when) {
  process.stdout.write(`${when}\n`)
  await lines.next()
}

/** Calls with the password, which is cleared as soon as the call has been made. */
async function using(call) {
  const [password, key] = [unmask(masked, mask), unmask(maskedKey, keyMask)]
  const settled = call(password, { current: 'one', keys: { one: key } })
  password.fill(0)
  key.fill(0)
  return Promise.resolve(settled).catch(() => {})
}

const TAG = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const BCRYPT = '$2b$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
const STORED = [
  BCRYPT,
  BCRYPT.replace('$2b$', '$2x$'),
  BCRYPT.replace('$2b$', '$wp$2y$'),
  BCRYPT.replace('$2b$', 'bcrypt_sha256$$2b$'),
  `$bcrypt-sha256$v=2,t=2b,r=4$${BCRYPT.slice(7, 29)}$${BCRYPT.slice(29)}`,
  `$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$${TAG}`,
  `$scrypt$ln=4,r=8,p=1$c2FsdHNhbHQ$${TAG}`,
  `$pbkdf2-sha256$10$c2FsdHNhbHQ$${TAG}`,
  `$pbkdf2-sha512$10$c2FsdHNhbHQ$${TAG}`,
  `$pbkdf2$10$c2FsdHNhbHQ$${TAG}`,
  '$P$7saltsalt......................',
  `$hmac-sha256$keyid=b25l${BCRYPT}`,
  'no hash at all',
  BCRYPT.replace('$04$', '$31$')
]
const POLICIES = [
  { algorithm: 'argon2id', memoryKiB: 64, passes: 1 },
  { algorithm: 'argon2i', memoryKiB: 64, passes: 1, lanes: 4 },
  { algorithm: 'bcrypt', cost: 4 },
  { algorithm: 'bcrypt-sha256', cost: 4 }
]

async function everything() {
  for (let round = 0; round < 3; round++) {
    for (const policy of POLICIES) {
      await using((password) => hashPassword(password, { policy }))
      await using((password, pepper) => hashPassword(password, { policy, pepper }))
      // Many at once, some of which are given up.
      const some = Array.from({ length: 30 }, (_, i) =>
        using((password, pepper) => hashPassword(password, { policy: policy.cost ? { ...policy, cost: 7 } : policy, pepper, ...(i % 3 === 0 ? { signal: AbortSignal.timeout(5) } : {}) }))
      )
      await Promise.all(some)
      await using((password) => verifyPassword(password, null, { policy }))
      for (const hash of STORED) {
        await using((password, pepper) => verifyPassword(password, hash, { policy, pepper }))
        await using((password, pepper) => checkPassword(password, hash, { policy, pepper, rehash: true }))
      }
      await using((password) => hashPassword(password, { policy, salt: Buffer.alloc(3) }))
    }
    await using((password) => bcrypt.hash(password, 4))
    await using(async (password) => bcrypt.hashSync(password, 4))
    await using((password) => argon2.hash(password, { memoryCost: 64 }))
  }
}

const policy = { algorithm: 'bcrypt', cost: 4 }
const SCENARIOS = {
  bcrypt: () => using((password) => hashPassword(password, { policy })),
  'bcrypt many': () => Promise.all(Array.from({ length: 30 }, () => using((password) => hashPassword(password, { policy })))),
  'bcrypt drop-in': async () => {
    for (let i = 0; i < 8; i++) await using((password) => bcrypt.hash(password, 4))
  },
  'bcrypt sync': () => using(async (password) => bcrypt.hashSync(password, 4)),
  argon2: () => using((password, pepper) => hashPassword(password, { policy: POLICIES[0], pepper })),
  all: everything
}

async function main() {
  const held = unmask(masked, mask)
  await look('held')
  held.fill(0)
  await SCENARIOS[scenario]()
  await look('done')
}

main()
