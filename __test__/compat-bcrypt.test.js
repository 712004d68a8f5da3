'use strict'

// The drop-in for bcrypt beside the package itself.

const assert = require('node:assert/strict')
const { randomBytes, randomInt } = require('node:crypto')
const { after, test } = require('node:test')
const theirs = require('bcrypt')
const ours = require('offloop/compat/bcrypt')
const promises = require('offloop/compat/bcrypt/promises')
const theirPromises = require('bcrypt/promises')
const { configurePool, hashPassword, verifyPassword } = require('..')
const { idle } = require('./support/pool.js')

after(idle)

/** What a call comes to: by its value, its error's class and message, or its callback. */
async function comesTo(call) {
  try {
    const value = await call()
    return { value }
  } catch (error) {
    return { name: error.name, message: error.message }
  }
}

/** What a callback is given. */
function calledBack(call) {
  return new Promise((resolve) => {
    const state = { returned: false }
    call((...args) => resolve({ args: args.map((arg) => (arg instanceof Error ? arg.message : arg)), sync: !state.returned }))
    state.returned = true
  })
}

test('it has the same functions', () => {
  assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort())
  assert.deepEqual(Object.keys(promises).sort(), Object.keys(theirPromises).sort())
})

test('random passwords, salts and dialects hash alike', async () => {
  for (let i = 0; i < 150; i++) {
    const length = randomInt(8) === 0 ? randomInt(60, 600) : randomInt(0, 40)
    const bytes = randomBytes(length)
    const data = i % 2 === 0 ? bytes : bytes.toString('latin1')
    const salt = ours.genSaltSync(4, i % 3 === 0 ? 'a' : 'b')
    const expected = theirs.hashSync(data, salt)
    assert.equal(ours.hashSync(data, salt), expected)
    assert.equal(await ours.hash(data, salt), expected)
    assert.equal(await ours.compare(data, expected), true)
    assert.equal(ours.compareSync(data, expected), true)
    assert.equal(await theirs.compare(data, await ours.hash(data, 4)), true)
  }
})

test('$2a$ counts lengths in one byte, $2b$ does not', () => {
  for (const length of [71, 72, 73, 253, 254, 255, 256, 257, 300, 511, 512, 600]) {
    for (const minor of ['a', 'b']) {
      const salt = theirs.genSaltSync(4, minor)
      assert.equal(ours.hashSync('x'.repeat(length), salt), theirs.hashSync('x'.repeat(length), salt), `${length} ${minor}`)
    }
  }
})

test('passwords of more than a mebibyte', async () => {
  const MEBIBYTE = 1 << 20
  const texts = [MEBIBYTE, MEBIBYTE + 1, MEBIBYTE + 254, MEBIBYTE + 255, MEBIBYTE + 256].map((length) => 'x'.repeat(length))
  // Pairs of surrogates, and a half of one, where a cut might fall.
  for (let length = 2; length < 10; length++) texts.push(`${'é'.repeat(length)}${'\u{1f600}'.repeat(MEBIBYTE / 3)}\ud83d`)
  for (const text of texts) {
    for (const data of [text, Buffer.from(text)]) {
      for (const minor of ['a', 'b']) {
        const expected = theirs.hashSync(data, theirs.genSaltSync(4, minor))
        assert.equal(ours.hashSync(data, expected), expected)
        assert.equal(await ours.hash(data, expected), expected)
        assert.equal(ours.compareSync(data, expected), true)
        assert.equal(await ours.compare(data, expected), true)
        assert.equal(await ours.compare(Buffer.concat([Buffer.from('y'), Buffer.from(data)]), expected), false)
      }
    }
  }
  const data = Buffer.alloc(2 * MEBIBYTE, 'x')
  const hashing = ours.hash(data, 4)
  data.fill(0)
  assert.equal(await theirs.compare('x'.repeat(100), await hashing), true)
  assert.ok(data.every((byte) => byte === 0))
})

test('salts: their spare bits, more than a salt, and none', async () => {
  const salt = theirs.genSaltSync(4)
  for (const changed of [`${salt.slice(0, -1)}z`, `${salt}and more`, theirs.hashSync('x', salt), '$2$04$......................', salt.replace('$04$', '$05$')]) {
    assert.deepEqual(await comesTo(() => ours.hash('x', changed)), await comesTo(() => theirs.hash('x', changed)), changed)
    assert.deepEqual(await comesTo(() => ours.hashSync('x', changed)), await comesTo(() => theirs.hashSync('x', changed)), changed)
  }
  for (const none of ['', 'x', '$', '$2b$', '$2b$04', '$2b$04$short', '$2y$04$......................', '$3b$04$......................', '$2b$03$......................', '$2b$32$......................', '$2b$4$.......................']) {
    const expected = { name: 'Error', message: 'Invalid salt. Salt must be in the form of: $Vers$log2(NumRounds)$saltvalue' }
    assert.deepEqual(await comesTo(() => theirs.hashSync('x', none)), expected, none)
    assert.deepEqual(await comesTo(() => ours.hashSync('x', none)), expected, none)
    assert.deepEqual(await comesTo(() => ours.hash('x', none)), expected, none)
    assert.equal(ours.compareSync('x', none), theirs.compareSync('x', none))
    assert.equal(await ours.compare('x', none), false)
  }
})

test('compare denies what the package denies', async () => {
  const hash = theirs.hashSync('x', 4)
  for (const changed of [hash.replace('$2b$', '$2y$'), hash.replace('$2b$', '$2a$'), `${hash} `, hash.slice(0, -1), hash.toUpperCase(), `${hash.slice(0, -1)}+`]) {
    assert.equal(await ours.compare('x', changed), theirs.compareSync('x', changed), changed)
    assert.equal(ours.compareSync('x', changed), theirs.compareSync('x', changed), changed)
  }
})

test('rounds: nothing, too few, too many, and whatever else', async () => {
  const rounds = (salt) => salt.slice(0, 7)
  for (const value of [undefined, null, 0, 1, 3, 4, 10, 31, 32, 1000, -1, 256, 4.9, NaN, '', false]) {
    assert.equal(rounds(ours.genSaltSync(value)), rounds(theirs.genSaltSync(value)), String(value))
    assert.equal(rounds(await ours.genSalt(value)), rounds(await theirs.genSalt(value)), String(value))
  }
  for (const value of ['10', {}, true]) {
    assert.deepEqual(await comesTo(() => ours.genSaltSync(value)), await comesTo(() => theirs.genSaltSync(value)))
    assert.deepEqual(await comesTo(() => ours.genSalt(value)), await comesTo(() => theirs.genSalt(value)))
  }
  assert.deepEqual(await comesTo(() => ours.genSaltSync(4, 'c')), await comesTo(() => theirs.genSaltSync(4, 'c')))
  assert.deepEqual(await comesTo(() => ours.genSalt(4, 'c')), await comesTo(() => theirs.genSalt(4, 'c')))
  assert.match(ours.genSaltSync(4, 'a'), /^\$2a\$04\$[./A-Za-z0-9]{22}$/)
  for (const value of [theirs.genSaltSync(7), theirs.hashSync('x', 4), '$2$12$x', '$2a$09$', 'x', '', '$2a$00$x', '$', '$2', null, undefined, 5]) {
    assert.deepEqual(await comesTo(() => ours.getRounds(value)), await comesTo(() => theirs.getRounds(value)), String(value))
  }
})

const WRONG = [
  ['hash', []], ['hash', ['x']], ['hash', [undefined, 4]], ['hash', ['x', {}]], ['hash', [5, 4]], ['hash', ['x', null]], ['hash', [new Uint8Array(1), 4]], ['hash', ['x', 4, 'cb']],
  ['compare', []], ['compare', ['x']], ['compare', [5, 'x']], ['compare', ['x', 5]], ['compare', [null, 'x']], ['compare', ['x', Buffer.from('x')]], ['compare', ['x', 'y', 5]],
  ['hashSync', []], ['hashSync', ['x']], ['hashSync', [5, 4]], ['hashSync', ['x', {}]], ['compareSync', []], ['compareSync', ['x', 5]], ['compareSync', [5, 'x']]
]
for (const [name, args] of WRONG) {
  test(`wrong arguments say the same: ${name}(${args.map((arg) => (typeof arg === 'object' ? arg?.constructor?.name : JSON.stringify(arg))).join(', ')})`, async () => {
    const expected = await comesTo(() => theirs[name](...args))
    assert.ok(expected.message)
    assert.deepEqual(await comesTo(() => ours[name](...args)), expected)
  })
}

test('callbacks: what they are given, and never at once', async () => {
  const hash = theirs.hashSync('x', 4)
  for (const call of [
    (bcrypt) => (done) => bcrypt.compare('x', hash, done),
    (bcrypt) => (done) => bcrypt.compare('y', hash, done),
    (bcrypt) => (done) => bcrypt.compare(5, hash, done),
    (bcrypt) => (done) => bcrypt.compare('x', done),
    (bcrypt) => (done) => bcrypt.compare(done),
    (bcrypt) => (done) => bcrypt.hash(done),
    (bcrypt) => (done) => bcrypt.hash('x', done),
    (bcrypt) => (done) => bcrypt.hash(null, 4, done),
    (bcrypt) => (done) => bcrypt.hash('x', 'no salt', done),
    (bcrypt) => (done) => bcrypt.hash('x', hash, done),
    (bcrypt) => (done) => bcrypt.genSalt('4', done),
    (bcrypt) => (done) => bcrypt.genSalt(4, 'c', done)
  ]) {
    const expected = await calledBack(call(theirs))
    assert.equal(expected.sync, false)
    assert.deepEqual(await calledBack(call(ours)), expected, String(call))
  }
  const { args } = await calledBack((done) => ours.genSalt(done))
  assert.equal(args[0], undefined)
  assert.match(args[1], /^\$2b\$10\$/)
  assert.match((await calledBack((done) => ours.genSalt(5, done))).args[1], /^\$2b\$05\$/)
  assert.match((await calledBack((done) => ours.genSalt(5, 'a', done))).args[1], /^\$2a\$05\$/)
  assert.equal((await calledBack((done) => ours.hash('x', 4, done))).args[1].length, 60)
})

test('another implementation of promises', async () => {
  class Other extends Promise {}
  promises.use(Other)
  try {
    assert.ok(ours.genSalt(4) instanceof Other)
    assert.ok(ours.hash('x', 4) instanceof Other)
    assert.ok(ours.compare('x', ours.hashSync('x', 4)) instanceof Other)
    await assert.rejects(promises.promise('no function', null, []), /fn must be a function/)
    await assert.rejects(promises.reject(new Error('told so')), /told so/)
    assert.equal(await promises.promise((a, b, cb) => cb(undefined, a + b), null, [1, 2]), 3)
  } finally {
    promises.use(Promise)
  }
})

test('what it makes is understood by verifyPassword, and the other way round', async () => {
  assert.equal(await verifyPassword('secret', await ours.hash('secret', 4)), true)
  assert.equal(await ours.compare('secret', await hashPassword('secret', { policy: { algorithm: 'bcrypt', cost: 4 } })), true)
})

test('it waits where the queue is full, in the order of the calls, and forgets nobody', async () => {
  configurePool({ maxQueue: { interactive: 5 } })
  try {
    const hash = ours.hashSync('x', 4)
    const order = []
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => ours.compare(i % 2 ? 'x' : 'y', hash).then((same) => (order.push(i), same))))
    answers.forEach((same, i) => assert.equal(same, i % 2 === 1))
    // Some are let in early, when a place happens to be free as they call; nobody is left for last.
    const mean = (calls) => calls.reduce((sum, i) => sum + i, 0) / calls.length
    assert.ok(mean(order.slice(0, 100)) < 100 && mean(order.slice(-100)) > 200, order.join())
  } finally {
    configurePool({ maxQueue: { interactive: 65536 } })
  }
})

test('a Buffer may be cleared at once', async () => {
  const data = Buffer.from('secret')
  const hashing = ours.hash(data, 4)
  data.fill(0)
  assert.equal(await ours.compare('secret', await hashing), true)
})
