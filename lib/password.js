'use strict'

// Passwords: checks and explains; src/password computes.

const { isUint8Array } = require('node:util/types')
const check = require('./check.js')
const { OffloopError, argumentError } = require('./errors.js')
const { jobOptions, JOB_OPTIONS } = require('./job.js')
const { bridge, submit } = require('./native.js')
const { checkPepper } = require('./pepper.js')
const { checkLimits, checkPolicy } = require('./policy.js')

// The bounds of src/password/secret.rs, stored.rs and argon2.rs, which checks them again.
const MAX_PASSWORD_BYTES = 1 << 20
const MAX_HASH_LENGTH = 4352
const MAX_DATA_BYTES = 1024

const HASH_OPTIONS = ['policy', 'salt', 'associatedData', 'pepper', ...JOB_OPTIONS]
const VERIFY_OPTIONS = ['limits', 'policy', 'associatedData', 'pepper', ...JOB_OPTIONS]

/** @typedef {import('./policy.js').NativePolicy} NativePolicy */

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
  const { ring, keys, wipe } = checkPepper(copy.pepper)
  try {
    // Bytes last, when no getter can run any more that might detach them.
    const secret = checkSecret(password)
    const salt = checkSalt(copy.salt, policy)
    const data = checkData(copy.associatedData)
    return submit(
      job,
      (native, id, lane, timeoutMs) =>
        native.hashPassword(id, lane, timeoutMs, secret, policy, salt, data, ring, keys),
      'hashPassword'
    )
  } finally {
    // The addon has its own copy.
    wipe()
  }
}

/**
 * The documentation stands in index.d.ts.
 * @param {unknown} password
 * @param {unknown} hash
 * @param {unknown} [options]
 * @returns {Promise<boolean>}
 */
async function verifyPassword(password, hash, options) {
  return answer(password, hash, check.options('options', options, VERIFY_OPTIONS), 0, 'verifyPassword')
}

/**
 * The documentation stands in index.d.ts.
 * @param {unknown} password
 * @param {unknown} hash
 * @param {unknown} [options]
 * @returns {Promise<import('../index.js').PasswordCheck>}
 */
async function checkPassword(password, hash, options) {
  const copy = check.options('options', options, ['rehash', ...VERIFY_OPTIONS])
  const rehash = check.boolean('options.rehash', copy.rehash, false)
  const found = await answer(password, hash, copy, rehash ? 2 : 1, 'checkPassword')
  return { ...found, scheme: found.scheme ?? null }
}

/**
 * @param {unknown} password
 * @param {unknown} hash
 * @param {Record<string, unknown>} copy of the options
 * @param {0 | 1 | 2} wanted see the addon
 * @param {'verifyPassword' | 'checkPassword'} operation
 * @returns {Promise<any>}
 */
async function answer(password, hash, copy, wanted, operation) {
  const policy = checkPolicy(copy.policy)
  const limits = checkLimits(copy.limits, policy)
  const job = jobOptions('options', copy, 'interactive')
  const { ring, keys, wipe } = checkPepper(copy.pepper)
  try {
    const secret = checkSecret(password)
    const stored = checkHash(hash, password, operation)
    const data = checkData(copy.associatedData)
    return submit(
      job,
      (native, id, lane, timeoutMs) =>
        native.checkPassword(id, lane, timeoutMs, wanted, secret, stored, policy, limits, data, ring, keys),
      operation
    )
  } finally {
    wipe()
  }
}

/**
 * The documentation stands in index.d.ts.
 * @param {unknown} hash
 * @param {unknown} [options]
 * @returns {import('../index.js').HashFacts | null}
 */
function inspectHash(hash, options) {
  if (typeof hash !== 'string') throw check.typeError('hash', 'a string', hash)
  const copy = check.options('options', options, ['policy', 'pepper'])
  const policy = checkPolicy(copy.policy)
  const { ring, wipe } = checkPepper(copy.pepper)
  wipe()
  if (hash.length > MAX_HASH_LENGTH) return null
  const facts = bridge.inspectHash(hash, policy, ring?.current ?? null)
  if (facts === null) return null
  const params = Object.fromEntries(facts.params.map(({ name, value }) => [name, value]))
  return { scheme: facts.scheme, params, needsRehash: facts.needsRehash }
}

/**
 * Strings pass as they are: a copy of a secret in JavaScript's heap could never be wiped.
 * @param {unknown} password
 * @returns {string | Uint8Array}
 */
function checkSecret(password) {
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
 * @param {string} operation
 * @returns {string | null} null where there is no such user
 */
function checkHash(hash, password, operation) {
  if (hash === null || hash === undefined) return null
  const swapped = looksLikeHash(password) && !looksLikeHash(hash)
  const hint = swapped ? `The password looks like one: the order is ${operation}(password, hash)` : undefined
  if (typeof hash !== 'string') throw check.typeError('hash', 'a string, null or undefined', hash, hint)
  if (hint !== undefined) throw new OffloopError('ERR_HASH_FORMAT', `hash is no password hash. ${hint}`)
  if (hash.length > MAX_HASH_LENGTH) {
    throw new OffloopError(
      'ERR_HASH_FORMAT',
      `hash must be at most ${MAX_HASH_LENGTH} characters; got ${hash.length}`
    )
  }
  return hash
}

const HASH_START =
  /^(?:\$(?:argon2(?:id|i|d)|2[abxy]?|bcrypt-sha256|hmac-sha256|wp|scrypt|7|pbkdf2(?:-sha(?:1|256|512))?|[PH])\$|\{[a-z0-9@_]{1,40}\}|(?:argon2|bcrypt|bcrypt_sha256|scrypt|pbkdf2_sha(?:1|256))\$)/i

/** @param {unknown} value */
function looksLikeHash(value) {
  return typeof value === 'string' && HASH_START.test(value)
}

/**
 * @param {unknown} value
 * @param {NativePolicy} policy
 * @returns {Uint8Array | null}
 */
function checkSalt(value, policy) {
  if (value === undefined) return null
  const isBcrypt = policy.cost > 0
  const expected = isBcrypt ? 'exactly 16 bytes' : '8 to 1024 bytes'
  const type = `a Buffer or Uint8Array of ${expected}`
  if (!isUint8Array(value)) throw check.typeError('options.salt', type, value)
  const salt = check.bytes('options.salt', value, type)
  const length = check.byteLength(salt)
  if (isBcrypt ? length !== 16 : length < 8 || length > 1024) {
    throw argumentError(
      'RangeError',
      `options.salt must be ${expected} for ${policy.algorithm}; got ${length} bytes`
    )
  }
  return salt
}

/**
 * @param {unknown} value
 * @returns {Uint8Array | null}
 */
function checkData(value) {
  if (value === undefined) return null
  const type = `a Buffer or Uint8Array of at most ${MAX_DATA_BYTES} bytes`
  if (!isUint8Array(value)) throw check.typeError('options.associatedData', type, value)
  const data = check.bytes('options.associatedData', value, type)
  const length = check.byteLength(data)
  if (length > MAX_DATA_BYTES) {
    throw argumentError('RangeError', `options.associatedData must be ${type}; got ${length}`)
  }
  return data
}

module.exports = { hashPassword, verifyPassword, checkPassword, inspectHash, checkSecret }
