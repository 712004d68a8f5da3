'use strict'

// The drop-in for argon2 beside the package itself: stored strings, damaged ones above all.

const assert = require('node:assert/strict')
const { randomInt } = require('node:crypto')
const { after, test } = require('node:test')
const theirs = require('argon2')
const ours = require('offloop/compat/argon2')
const { idle } = require('./support/pool.js')

after(idle)

const CHEAP = { memoryCost: 64, timeCost: 2, parallelism: 1 }
/** Of the password `x`; with both of base64's letters that the alphabet for URLs has others for. */
const HASH = '$argon2id$v=19$m=64,p=1,t=2$AQEBAQEBAQEBAQEBAQEBAQ$UlN+5bsXjN8oLXQhMRbefSKPqDvT84kdMpREclt2+/E'
const BCRYPT = '$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'

async function comesTo(call) {
  try {
    return { value: await call() }
  } catch (error) {
    return { class: error.constructor, message: error.message }
  }
}

async function alike(digest) {
  const verified = await comesTo(() => theirs.verify(digest, 'x'))
  assert.deepEqual(await comesTo(() => ours.verify(digest, 'x')), verified, `verify ${JSON.stringify(digest)}`)
  const judged = await comesTo(() => theirs.needsRehash(digest, CHEAP))
  assert.deepEqual(await comesTo(() => ours.needsRehash(digest, CHEAP)), judged, `needsRehash ${JSON.stringify(digest)}`)
  return verified
}

test('a good one', async () => {
  assert.deepEqual(await alike(HASH), { value: true })
})

for (const digest of [
  `${HASH}!`, `${HASH} `, `${HASH}\n`, `${HASH}=`, HASH.replaceAll('+', '-').replaceAll('/', '_'), HASH.replaceAll('/', '_'), ` ${HASH}`, `${HASH}$abc`, `${HASH}$`,
  '$argon2id$m=64,p=1,t=2$AQEBAQEBAQEBAQEBAQEBAQ$UlN+5bsXjN8oLXQhMRbefSKPqDvT84kdMpREclt2+/E$abc', HASH.replace('argon2id', 'ARGON2ID'), HASH.replace('argon2id', ''), HASH.replace('argon2id', 'a'.repeat(33)),
  HASH.replace('m=64', 'm='), HASH.replace('m=64', 'm'), HASH.replace('m=64', 'M=64'), HASH.replace('m=64', '=64'), HASH.replace('m=64', 'm=64=5'), HASH.replace('m=64', 'm=6 4'), HASH.replace('m=64', 'm=64,'),
  HASH.replace('m=64', 'data=ab_,m=64'), HASH.replace('v=19', 'v='), HASH.replace('v=19', 'v=x'), HASH.replace('v=19', 'v=19$v=19'), HASH.replace('v=19', 'V=19'),
  '$', '$$', '$argon2id$v=19$AQEB$UlN+', '$argon2id$v=19$AQEB', '$argon2id$v=19$m=64,p=1,t=2', '$argon2id$v=19$m=64,p=1,t=2$AQEBAQEBAQEBAQEBAQEBAQ', '$argon2id$v=19$m=64,t=2,p=1$AQEB$ab=c', '$2b$!', '$a$b$c$d$e$f', '', 'x', 5, null, undefined
]) {
  test(`a string that cannot be read: ${JSON.stringify(digest)}`, async () => {
    assert.equal((await alike(digest)).class, TypeError)
  })
}

for (const digest of [
  HASH.replace('m=64,', ''), HASH.replace(',t=2', ''), HASH.replace('m=64', 'm=1'), HASH.replace('t=2', 't=0'), HASH.replace('p=1', 'p=0'), HASH.replace('p=1', 'p=300'), HASH.replace('m=64', 'm=x'),
  HASH.replace(/[^$]*$/, 'abc'), HASH.replace(/[^$]*$/, ''), '$argon2id$v=19$m=64,t=2,p=1$$', HASH.replace('AQEBAQEBAQEBAQEBAQEBAQ', 'AQEB')
]) {
  test(`a string that nothing can be computed by: ${JSON.stringify(digest)}`, async () => {
    assert.equal((await alike(digest)).class, Error)
  })
}

for (const digest of [
  HASH.replace('$v=19', ''), HASH.replace('v=19', 'v=0'), HASH.replace('v=19', 'v=019'), HASH.replace('m=64', 'm=064'), HASH.replace('m=64', 'm=+64'), HASH.replace('m=64', 'm=64,m=65'),
  HASH.replace('m=64', 'm=65,m=64'), HASH.replace('m=64', 'm=64.9'), HASH.replace('m=64', 'm=64,data=abc'), HASH.replace('m=64', 'm=64,x=y'), HASH.replace('m=64,p=1,t=2', 't=2,p=1,m=64'), HASH.replace('argon2id', 'argon2i'), HASH.replace('argon2id', 'argon2x'),
  '$scrypt$ln=15,r=8,p=1$AQEBAQEBAQEBAQEBAQEBAQ$UlN+5bsXjN8oLXQhMRbefSKPqDvT84kdMpREclt2+/E'
]) {
  test(`a string that can be read: ${digest}`, async () => {
    assert.equal(typeof (await alike(digest)).value, 'boolean')
  })
}

test('a hash of bcrypt\'s is no password\'s, and is to be replaced', async () => {
  assert.equal(await ours.verify(BCRYPT, 'x'), false)
  assert.equal(ours.needsRehash(BCRYPT), true)
})

test('nothing but an id', async () => {
  for (const digest of ['$argon2id', '$2b', '$argon2id$v=19']) {
    assert.equal((await comesTo(() => theirs.verify(digest, 'x'))).class, TypeError)
    await assert.rejects(ours.verify(digest, 'x'), TypeError)
    assert.throws(() => ours.needsRehash(digest), TypeError)
  }
})

test('damaged at random', async () => {
  const LETTERS = '$=,.-+/_ \nmtpvdata0123456789azAZ'
  for (let i = 0; i < 600; i++) {
    let digest = HASH
    for (let damage = randomInt(1, 4); damage > 0; damage--) {
      const at = randomInt(digest.length)
      const letter = LETTERS[randomInt(LETTERS.length)]
      digest = digest.slice(0, at) + (i % 3 === 0 ? '' : letter) + digest.slice(at + (i % 3 === 1 ? 0 : 1))
    }
    const read = /\$v=(\d+)\$/.exec(digest)?.[1]
    const costs = [...digest.matchAll(/[mtp]=([^,$]*)/g)].map(([, cost]) => Number(cost))
    // What theirs would compute for long, or by versions that there are not, or from digits that it takes for a number.
    if ((read !== undefined && !['0', '16', '19'].includes(String(Number(read)))) || costs.some((cost) => cost > 2000 || cost < 0) || /data=\d+[,$]/.test(digest)) continue
    await alike(digest)
  }
})
