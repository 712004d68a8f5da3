'use strict'

// Password policies and cost limits: checks, and fills in the defaults.

const check = require('./check.js')
const { argumentError } = require('./errors.js')

// The bounds of src/password/policy.rs and argon2.rs, which checks them again.
const MAX_MEMORY_KIB = 4 << 20
const MIN_MEMORY_KIB_PER_LANE = 8
const MAX_U32 = 2 ** 32 - 1

/** @type {readonly Algorithm[]} */
const ALGORITHMS = ['argon2id', 'argon2i', 'argon2d', 'bcrypt', 'bcrypt-sha256']
const ARGON2_OPTIONS = ['algorithm', 'memoryKiB', 'passes', 'lanes', 'hashLength']
const BCRYPT_OPTIONS = ['algorithm', 'cost', 'longPassword']
const BCRYPT_SHA256_OPTIONS = ['algorithm', 'cost']
const POLICY_OPTIONS = [...new Set([...ARGON2_OPTIONS, ...BCRYPT_OPTIONS])]

/** What a stored hash may ask for unless told otherwise. calibratePassword goes no further either. */
const DEFAULT_LIMITS = Object.freeze({
  memoryKiB: 2 << 20,
  passes: 16,
  lanes: 64,
  bcryptCost: 16,
  pbkdf2Iterations: 5_000_000,
  scryptMemoryKiB: 256 << 10,
  scryptParallelism: 16
})

/**
 * @typedef {'argon2id' | 'argon2i' | 'argon2d' | 'bcrypt' | 'bcrypt-sha256'} Algorithm
 *
 * A policy with every default filled in. One shape for all schemes; the other schemes' numbers are 0.
 * @typedef {{
 *   algorithm: Algorithm, memoryKiB: number, passes: number, lanes: number, hashLength: number,
 *   cost: number, longPassword: 'reject' | 'truncate'
 * }} NativePolicy
 *
 * @typedef {{
 *   memoryKiB: number, passes: number, lanes: number, bcryptCost: number, pbkdf2Iterations: number,
 *   scryptMemoryKiB: number, scryptParallelism: number
 * }} NativeLimits
 */

/** @param {Algorithm} algorithm */
function optionsOf(algorithm) {
  if (algorithm === 'bcrypt') return BCRYPT_OPTIONS
  return algorithm === 'bcrypt-sha256' ? BCRYPT_SHA256_OPTIONS : ARGON2_OPTIONS
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
  const known = optionsOf(algorithm)
  for (const key of Object.keys(copy)) {
    if (copy[key] !== undefined && !known.includes(key)) {
      throw argumentError(
        'TypeError',
        `options.policy.${key} is no option of ${algorithm}; known are ${known.join(', ')}`
      )
    }
  }
  if (known !== ARGON2_OPTIONS) {
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
 * What the policy costs is bearable: hashes that it made would be refused otherwise.
 * @param {unknown} value
 * @param {NativePolicy} policy that new passwords are hashed by
 * @returns {NativeLimits}
 */
function checkLimits(value, policy) {
  const copy = check.options('options.limits', value, Object.keys(DEFAULT_LIMITS))
  /** @type {(name: keyof NativeLimits, min: number, max: number, asked?: number) => number} */
  const limit = (name, min, max, asked = 0) =>
    check.integer(`options.limits.${name}`, copy[name], min, max, Math.max(DEFAULT_LIMITS[name], asked))
  return {
    memoryKiB: limit('memoryKiB', 8, MAX_U32, policy.memoryKiB),
    passes: limit('passes', 1, MAX_U32, policy.passes),
    lanes: limit('lanes', 1, 2 ** 24 - 1, policy.lanes),
    bcryptCost: limit('bcryptCost', 4, 31, policy.cost),
    pbkdf2Iterations: limit('pbkdf2Iterations', 1, MAX_U32),
    scryptMemoryKiB: limit('scryptMemoryKiB', 1, MAX_U32),
    scryptParallelism: limit('scryptParallelism', 1, 2 ** 30 - 1)
  }
}

module.exports = { DEFAULT_LIMITS, checkPolicy, checkLimits }
