'use strict'

// Passwords: checks and explains; src/password computes.

const { isUint8Array } = require('node:util/types')
const check = require('./check.js')
const { OffloopError, argumentError } = require('./errors.js')
const { jobOptions, JOB_OPTIONS } = require('./job.js')
const { submit } = require('./native.js')

// The bounds of src/password/policy.rs, argon2.rs, secret.rs and stored.rs, which checks them again.
const MAX_PASSWORD_BYTES = 1 << 20
const MAX_HASH_LENGTH = 4096
const MAX_MEMORY_KIB = 4 << 20
const MIN_MEMORY_KIB_PER_LANE = 8
const MAX_U32 = 2 ** 32 - 1

/** @type {readonly Algorithm[]} */
const ALGORITHMS = ['argon2id', 'argon2i', 'argon2d', 'bcrypt']
const ARGON2_OPTIONS = ['algorithm', 'memoryKiB', 'passes', 'lanes', 'hashLength']
const BCRYPT_OPTIONS = ['algorithm', 'cost', 'longPassword']
const POLICY_OPTIONS = [...new Set([...ARGON2_OPTIONS, ...BCRYPT_OPTIONS])]
const LIMITS = ['memoryKiB', 'passes', 'lanes', 'bcryptCost']
const HASH_OPTIONS = ['policy', 'salt', ...JOB_OPTIONS]
const VERIFY_OPTIONS = ['limits', 'policy', ...JOB_OPTIONS]

/**
 * @typedef {'argon2id' | 'argon2i' | 'argon2d' | 'bcrypt'} Algorithm
 *
 * A policy with every default filled in. One shape for both schemes; the other scheme's numbers are 0.
 * @typedef {{
 *   algorithm: Algorithm, memoryKiB: number, passes: number, lanes: number, hashLength: number,
 *   cost: number, longPassword: 'reject' | 'truncate'
 * }} NativePolicy
 *
 * @typedef {{ memoryKiB: number, passes: number, lanes: number, bcryptCost: number }} NativeLimits
 */

/**
 * The documentation stands in index.d.ts.
 * @param {unknown} password
 * @param {unknown} [options]
 * @returns {Promise<string>}
 */
async function hashPassword(password, options) {
  const copy = check.options('options', options, HASH_OPTIONS)
  const policy = checkPolicy(copy.policy)
  const job = jobOptions('options', copy, 'interactive')
  // Bytes last, when no getter can run any more that might detach them.
  const secret = checkPassword(password)
  const salt = checkSalt(copy.salt, policy)
  return /** @type {Promise<string>} */ (
    submit(
      job,
      (native, id, lane, timeoutMs) => native.hashPassword(id, lane, timeoutMs, secret, policy, salt),
      'hashPassword'
    )
  )
}

/**
 * The documentation stands in index.d.ts.
 * @param {unknown} password
 * @param {unknown} hash
 * @param {unknown} [options]
 * @returns {Promise<boolean>}
 */
async function verifyPassword(password, hash, options) {
  const copy = check.options('options', options, VERIFY_OPTIONS)
  const policy = checkPolicy(copy.policy)
  const limits = checkLimits(copy.limits)
  const job = jobOptions('options', copy, 'interactive')
  const secret = checkPassword(password)
  const stored = checkHash(hash, password)
  return /** @type {Promise<boolean>} */ (
    submit(
      job,
      (native, id, lane, timeoutMs) =>
        native.verifyPassword(id, lane, timeoutMs, secret, stored, policy, limits),
      'verifyPassword'
    )
  )
}

/**
 * Strings pass as they are: a copy of a secret in JavaScript's heap could never be wiped.
 * @param {unknown} password
 * @returns {string | Uint8Array}
 */
function checkPassword(password) {
  const expected = 'a string, Buffer or Uint8Array'
  let secret
  let bytes
  if (typeof password === 'string') {
    secret = password
    // A UTF-16 unit is at most 3 bytes of UTF-8; only where that might be too long is it worth counting.
    bytes = password.length * 3 <= MAX_PASSWORD_BYTES ? 0 : Buffer.byteLength(password, 'utf8')
  } else if (isUint8Array(password)) {
    secret = check.bytes('password', password, expected)
    bytes = check.byteLength(secret)
  } else {
    throw check.typeError('password', expected, password)
  }
  if (bytes > MAX_PASSWORD_BYTES) {
    throw argumentError('RangeError', `password must be at most ${MAX_PASSWORD_BYTES} bytes; got ${bytes}`)
  }
  return secret
}

/**
 * @param {unknown} hash
 * @param {unknown} password for the hint when the two were swapped
 * @returns {string | null} null where there is no such user
 */
function checkHash(hash, password) {
  if (hash === null || hash === undefined) return null
  const swapped = looksLikeHash(password) && !looksLikeHash(hash) ? SWAPPED : undefined
  if (typeof hash !== 'string') throw check.typeError('hash', 'a string, null or undefined', hash, swapped)
  if (swapped !== undefined) throw new OffloopError('ERR_HASH_FORMAT', `hash is no password hash. ${swapped}`)
  if (hash.length > MAX_HASH_LENGTH) {
    throw new OffloopError(
      'ERR_HASH_FORMAT',
      `hash must be at most ${MAX_HASH_LENGTH} characters; got ${hash.length}`
    )
  }
  return hash
}

const SWAPPED = 'The password looks like one: the order is verifyPassword(password, hash)'

/** @param {unknown} value */
function looksLikeHash(value) {
  return typeof value === 'string' && /^\$(?:argon2(?:id|i|d)\$|2[abxy]\$\d\d\$)/.test(value)
}

/**
 * @param {unknown} value
 * @returns {NativePolicy}
 */
function checkPolicy(value) {
  const copy = check.options('options.policy', value, POLICY_OPTIONS)
  if (value !== undefined && copy.algorithm === undefined) {
    const names = ALGORITHMS.map((name) => `'${name}'`).join(', ')
    throw check.typeError('options.policy.algorithm', `one of ${names}`, undefined)
  }
  const algorithm = check.oneOf('options.policy.algorithm', copy.algorithm, ALGORITHMS, 'argon2id')
  const known = algorithm === 'bcrypt' ? BCRYPT_OPTIONS : ARGON2_OPTIONS
  for (const key of Object.keys(copy)) {
    if (copy[key] !== undefined && !known.includes(key)) {
      throw argumentError(
        'TypeError',
        `options.policy.${key} is no option of ${algorithm}; known are ${known.join(', ')}`
      )
    }
  }
  if (algorithm === 'bcrypt') {
    const cost = check.integer('options.policy.cost', copy.cost, 4, 31, 12)
    const longPassword = check.oneOf(
      'options.policy.longPassword',
      copy.longPassword,
      /** @type {const} */ (['reject', 'truncate']),
      'reject'
    )
    return { algorithm, memoryKiB: 0, passes: 0, lanes: 0, hashLength: 0, cost, longPassword }
  }
  const lanes = check.integer('options.policy.lanes', copy.lanes, 1, 255, 1)
  const memoryKiB = check.integer(
    'options.policy.memoryKiB',
    copy.memoryKiB,
    MIN_MEMORY_KIB_PER_LANE * lanes,
    MAX_MEMORY_KIB,
    19456
  )
  const passes = check.integer('options.policy.passes', copy.passes, 1, 65535, 2)
  const hashLength = check.integer('options.policy.hashLength', copy.hashLength, 4, 1024, 32)
  return { algorithm, memoryKiB, passes, lanes, hashLength, cost: 0, longPassword: 'reject' }
}

/**
 * @param {unknown} value
 * @param {NativePolicy} policy
 * @returns {Uint8Array | null}
 */
function checkSalt(value, policy) {
  if (value === undefined) return null
  const expected = policy.algorithm === 'bcrypt' ? 'exactly 16 bytes' : '8 to 1024 bytes'
  const type = `a Buffer or Uint8Array of ${expected}`
  if (!isUint8Array(value)) throw check.typeError('options.salt', type, value)
  const salt = check.bytes('options.salt', value, type)
  const length = check.byteLength(salt)
  if (policy.algorithm === 'bcrypt' ? length !== 16 : length < 8 || length > 1024) {
    throw argumentError(
      'RangeError',
      `options.salt must be ${expected} for ${policy.algorithm}; got ${length} bytes`
    )
  }
  return salt
}

/**
 * @param {unknown} value
 * @returns {NativeLimits}
 */
function checkLimits(value) {
  const copy = check.options('options.limits', value, LIMITS)
  return {
    memoryKiB: check.integer('options.limits.memoryKiB', copy.memoryKiB, 8, MAX_U32, 2 << 20),
    passes: check.integer('options.limits.passes', copy.passes, 1, MAX_U32, 16),
    lanes: check.integer('options.limits.lanes', copy.lanes, 1, 2 ** 24 - 1, 64),
    bcryptCost: check.integer('options.limits.bcryptCost', copy.bcryptCost, 4, 31, 16)
  }
}

module.exports = { hashPassword, verifyPassword }
