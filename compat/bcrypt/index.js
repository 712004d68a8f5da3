'use strict'

// Takes the place of the package bcrypt 6: its functions, callbacks, messages and quirks, computed by offloop's pool.
// The quirks that stored hashes depend on are its own too: `$2a$` counts a password's length in one byte, NULs are
// taken as they come, a salt's spare bits are ignored, `$2y$` is not known.

const { randomBytes, timingSafeEqual } = require('node:crypto')
const { bridge, submit } = require('../../lib/native.js')
const promises = require('./promises.js')

/**
 * @typedef {string | Buffer} Data
 * @typedef {(error: Error | undefined, value?: any) => void} Callback
 */

const INVALID_SALT = 'Invalid salt. Salt must be in the form of: $Vers$log2(NumRounds)$saltvalue'
const HASH_ARGUMENTS =
  'data must be a string or Buffer and salt must either be a salt string or a number of rounds'
const DEFAULT_ROUNDS = 10
const SALT_BYTES = 16
const SALT_CHARACTERS = 22
/** The bound of src/password/secret.rs. */
const MAX_PASSWORD_BYTES = 1 << 20
/** A length counts in one byte, where it counts. */
const WRAP = 256
/** Interactive, and for as long as it takes. */
const JOB = Object.freeze({ signal: undefined, timeoutMs: -1, lane: /** @type {0} */ (0), patient: true })

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BCRYPT_BASE64 = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * @param {unknown} rounds
 * @param {unknown} minor
 * @returns {{ rounds: number, minor: 'a' | 'b' }}
 */
function saltOptions(rounds, minor) {
  if (rounds && typeof rounds !== 'number') throw new Error('rounds must be a number')
  if (minor && minor !== 'a' && minor !== 'b') throw new Error('minor must be either "a" or "b"')
  return { rounds: /** @type {number} */ (rounds) || DEFAULT_ROUNDS, minor: minor === 'a' ? 'a' : 'b' }
}

/**
 * @param {{ rounds: number, minor: 'a' | 'b' }} options
 * @param {Buffer} seed
 */
function writeSalt({ rounds, minor }, seed) {
  // One byte, and then its bounds.
  const cost = Math.min(31, Math.max(4, Math.trunc(rounds) & 255))
  let text = ''
  for (const digit of seed.toString('base64').slice(0, SALT_CHARACTERS)) {
    text += BCRYPT_BASE64[BASE64.indexOf(digit)]
  }
  return `$2${minor}$${String(cost).padStart(2, '0')}$${text}`
}

/**
 * @param {unknown} data
 * @returns {data is Data}
 */
function isData(data) {
  return typeof data === 'string' || data instanceof Buffer
}

/**
 * @param {unknown} value
 * @returns {value is null | undefined}
 */
function isMissing(value) {
  return value === null || value === undefined
}

/**
 * Calls back in a turn of its own, where an error thrown by the callback is nobody else's.
 * @param {Callback} cb
 * @param {Promise<unknown>} work
 */
function callBack(cb, work) {
  work.then(
    (value) => process.nextTick(cb, undefined, value),
    (error) => process.nextTick(cb, error)
  )
}

/**
 * @param {unknown} cb
 * @param {string} message
 */
function fail(cb, message) {
  process.nextTick(/** @type {Callback} */ (cb), new Error(message))
}

/**
 * Data that offloop takes: longer than that, a beginning of the same hash. bcrypt reads no more than 72 bytes, and
 * `$2a$` of the whole length what is over a multiple of 256.
 * @param {Data} data
 * @returns {Data} a Buffer of its own if it is not `data`
 */
function within(data) {
  // A UTF-16 unit is at most 3 bytes of UTF-8; only where that might be too long is it worth counting.
  if (typeof data === 'string' && data.length * 3 <= MAX_PASSWORD_BYTES) return data
  const length = Buffer.byteLength(data)
  if (length <= MAX_PASSWORD_BYTES) return data
  const kept = WRAP + (length % WRAP)
  // As many units have at least as many bytes. One more, for the half of a pair at the end.
  const start = typeof data === 'string' ? Buffer.from(data.slice(0, kept + 1)) : Buffer.from(data.subarray(0, kept))
  return start.subarray(0, kept)
}

/**
 * @param {Data} data
 * @param {string} salt
 * @returns {string | null} null if the salt is none
 */
function computeSync(data, salt) {
  const taken = within(data)
  try {
    return bridge.bcryptBySaltSync(taken, salt)
  } finally {
    if (taken !== data) /** @type {Buffer} */ (taken).fill(0)
  }
}

/**
 * The hash by a salt, or by the salt of a stored hash.
 * @param {Data} data
 * @param {string} salt
 * @returns {Promise<string>}
 */
async function compute(data, salt) {
  const taken = within(data)
  // A Buffer may change while the job waits for its turn.
  const own = taken === data && typeof data !== 'string' ? Buffer.from(data) : taken
  try {
    return await submit(
      JOB,
      (native, id, lane, timeoutMs) => native.bcryptBySalt(id, lane, timeoutMs, own, salt),
      'bcrypt.hash'
    )
  } catch (error) {
    if (/** @type {{ code?: unknown }} */ (error)?.code === 'ERR_HASH_FORMAT') {
      throw new Error(INVALID_SALT, { cause: error })
    }
    throw error
  } finally {
    if (typeof own !== 'string') own.fill(0)
  }
}

/**
 * @param {string} computed
 * @param {string} stored
 */
function same(computed, stored) {
  const [one, other] = [Buffer.from(computed), Buffer.from(stored)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/**
 * @param {unknown} [rounds]
 * @param {unknown} [minor]
 * @returns {string}
 */
function genSaltSync(rounds, minor) {
  return writeSalt(saltOptions(rounds, minor), randomBytes(SALT_BYTES))
}

/**
 * @this {unknown}
 * @param {unknown} [rounds]
 * @param {unknown} [minor]
 * @param {unknown} [cb]
 * @returns {Promise<string> | void}
 */
function genSalt(rounds, minor, cb) {
  if (typeof rounds === 'function') return genSalt(undefined, undefined, rounds)
  if (typeof minor === 'function') return genSalt(rounds, undefined, minor)
  if (!cb) return promises.promise(genSalt, this, [rounds, minor])
  const callback = /** @type {Callback} */ (cb)
  try {
    const options = saltOptions(rounds, minor)
    randomBytes(SALT_BYTES, (error, seed) => {
      if (error) callback(error)
      else callback(undefined, writeSalt(options, seed))
    })
  } catch (error) {
    process.nextTick(callback, /** @type {Error} */ (error))
  }
}

/**
 * @param {unknown} data
 * @param {unknown} salt
 * @returns {string}
 */
function hashSync(data, salt) {
  if (isMissing(data) || isMissing(salt)) throw new Error('data and salt arguments required')
  if (!isData(data) || (typeof salt !== 'string' && typeof salt !== 'number')) throw new Error(HASH_ARGUMENTS)
  const hash = computeSync(data, typeof salt === 'number' ? genSaltSync(salt) : salt)
  if (hash === null) throw new Error(INVALID_SALT)
  return hash
}

/**
 * @this {unknown}
 * @param {unknown} data
 * @param {unknown} [salt]
 * @param {unknown} [cb]
 * @returns {Promise<string> | void}
 */
function hash(data, salt, cb) {
  if (typeof data === 'function') return fail(data, HASH_ARGUMENTS)
  if (typeof salt === 'function') return fail(salt, HASH_ARGUMENTS)
  if (cb && typeof cb !== 'function') {
    return promises.reject(new Error('cb must be a function or null to return a Promise'))
  }
  if (!cb) return promises.promise(hash, this, [data, salt])
  if (isMissing(data) || isMissing(salt)) return fail(cb, 'data and salt arguments required')
  if (!isData(data) || (typeof salt !== 'string' && typeof salt !== 'number')) return fail(cb, HASH_ARGUMENTS)
  callBack(/** @type {Callback} */ (cb), compute(data, typeof salt === 'number' ? genSaltSync(salt) : salt))
}

/**
 * @param {unknown} data
 * @param {unknown} stored
 * @returns {boolean}
 */
function compareSync(data, stored) {
  if (isMissing(data) || isMissing(stored)) throw new Error('data and hash arguments required')
  if (!isData(data) || typeof stored !== 'string') {
    throw new Error('data must be a string or Buffer and hash must be a string')
  }
  const computed = computeSync(data, stored)
  return computed !== null && same(computed, stored)
}

/**
 * @this {unknown}
 * @param {unknown} data
 * @param {unknown} [stored]
 * @param {unknown} [cb]
 * @returns {Promise<boolean> | void}
 */
function compare(data, stored, cb) {
  if (typeof data === 'function') return fail(data, 'data and hash arguments required')
  if (typeof stored === 'function') return fail(stored, 'data and hash arguments required')
  if (cb && typeof cb !== 'function') {
    return promises.reject(new Error('cb must be a function or null to return a Promise'))
  }
  if (!cb) return promises.promise(compare, this, [data, stored])
  if (isMissing(data) || isMissing(stored)) return fail(cb, 'data and hash arguments required')
  if (!isData(data) || typeof stored !== 'string') return fail(cb, 'data and hash must be strings')
  const answer = compute(data, stored).then(
    (computed) => same(computed, stored),
    (error) => {
      // A string that is no hash is nobody's.
      if (error instanceof Error && error.message === INVALID_SALT) return false
      throw error
    }
  )
  callBack(/** @type {Callback} */ (cb), answer)
}

/**
 * @param {unknown} stored
 * @returns {number}
 */
function getRounds(stored) {
  if (isMissing(stored)) throw new Error('hash argument required')
  if (typeof stored !== 'string') throw new Error('hash must be a string')
  const rounds = Number.parseInt(/^\$.[^$]?\$([^]*)/.exec(stored)?.[1] ?? '', 10)
  if (!rounds) throw new Error('invalid hash provided')
  return rounds
}

module.exports = { genSaltSync, genSalt, hashSync, hash, compareSync, compare, getRounds }
