'use strict'

// Objects of options that are no plain ones: what they inherit counts, as with Node's own functions.

const assert = require('node:assert/strict')
const { createSecretKey } = require('node:crypto')
const { after, test } = require('node:test')
const { exportCsv, hashPassword, verifyPassword } = require('..')
const { CHEAP, idle } = require('./support/pool.js')

after(idle)

class Settings {
  #keys = { current: 'k', keys: { k: 'the key' } }
  get policy() {
    return CHEAP
  }
  get pepper() {
    return this.#keys
  }
}
class Changed extends Settings {}

for (const [name, options] of Object.entries({
  'a prototype': Object.create({ policy: CHEAP, pepper: { current: 'k', keys: { k: 'the key' } } }),
  'the getters of a class': new Settings(),
  'the getters of a class above': new Changed(),
  'properties that are not enumerable': Object.defineProperties({}, { policy: { value: CHEAP }, pepper: { value: { current: 'k', keys: { k: 'the key' } } } })
})) {
  test(`${name}: a pepper is never passed over`, async () => {
    const hash = await hashPassword('x', options)
    assert.match(hash, /^\$argon2id\$v=19\$m=8,t=1,p=1,keyid=/)
    assert.equal(await verifyPassword('x', hash, options), true)
    await assert.rejects(verifyPassword('x', hash), { code: 'ERR_INVALID_ARG' })
  })
}

test('objects inside of options', async () => {
  const policy = Object.create({ algorithm: 'bcrypt', cost: 4 })
  assert.match(await hashPassword('x', { policy }), /^\$2b\$04\$/)
  assert.equal((await exportCsv([{ a: 1 }], { columns: [Object.create({ key: 'a', header: 'A' })] })).toString(), 'A\r\n1\r\n')
})

test('an unknown option is refused where it is the object\'s own', async () => {
  assert.match(await hashPassword('x', Object.create({ nonsense: 1, policy: CHEAP })), /^\$argon2id/)
  await assert.rejects(hashPassword('x', Object.assign(new Settings(), { nonsense: 1 })), { code: 'ERR_INVALID_ARG', message: /options\.nonsense/ })
})

test('an inherited getter that throws', async () => {
  const cause = new Error('boom')
  const options = Object.create({ get pepper() { throw cause } })
  await assert.rejects(hashPassword('x', options), { code: 'ERR_INVALID_ARG', message: /options\.pepper could not be read/, cause })
})

test('a Map of keys is told how to become an object', async () => {
  const pepper = { current: 'k', keys: new Map([['k', 'the key']]) }
  await assert.rejects(hashPassword('x', { pepper }), { name: 'TypeError', code: 'ERR_INVALID_ARG', message: /an instance of Map.*Object\.fromEntries/ })
})

test('the copy of a key that is too long is wiped', async () => {
  const key = createSecretKey(Buffer.alloc(65_537, 1))
  const copy = Buffer.alloc(65_537, 1)
  key.export = () => copy
  await assert.rejects(hashPassword('x', { pepper: { current: 'k', keys: { k: key } } }), { code: 'ERR_INVALID_ARG', message: /1 to 65536 bytes; got 65537/ })
  assert.ok(copy.every((byte) => byte === 0))
})
