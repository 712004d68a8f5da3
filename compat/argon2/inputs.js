'use strict'

// What goes into an argon2 hash: copies of our own, and costs as the package argon2 reads them and refuses them, with
// its words. What is within its bounds and outside of offloop's is an argument error of offloop's kind.

const { isTypedArray, isUint8Array } = require('node:util/types')
const { argumentError } = require('../../lib/errors.js')

// The bounds of src/password/policy.rs and argon2.rs, which checks them again.
const MAX_HASH_LENGTH = 1024
const MAX_BYTES = 1024
const MAX_MEMORY_KIB = 4 << 20
const MAX_PASSES = 65535
const MAX_LANES = 255
const MIN_SALT_LENGTH = 8
const TYPES = 3

/**
 * @typedef {object} Costs
 * @property {number} hashLength
 * @property {number} m
 * @property {number} t
 * @property {number} p
 * @property {number} type
 * @property {number} version
 */

/**
 * A number as the package's addon has it: whatever JavaScript makes of it, as an unsigned integer of 32 bits.
 * @param {unknown} value
 */
function unsigned(value) {
  return Number(value) >>> 0
}

/**
 * A password's bytes, never the caller's own.
 * @param {unknown} password
 * @returns {Buffer}
 */
function passwordBytes(password) {
  const bytes = Buffer.from(/** @type {string} */ (password))
  const isCopy = typeof password === 'string' || isUint8Array(password) || Array.isArray(password)
  // Of an ArrayBuffer, or what becomes one, Buffer.from makes a view.
  return isCopy ? bytes : Buffer.from(bytes)
}

/**
 * A copy of what must be bytes already.
 * @param {unknown} value
 * @returns {Buffer}
 */
function bytesOf(value) {
  if (!isTypedArray(value)) throw new Error('Invalid argument')
  const { buffer, byteOffset, byteLength } = value
  return Buffer.from(new Uint8Array(buffer, byteOffset, byteLength))
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} max
 */
function notOver(name, value, max) {
  if (value > max) throw argumentError('RangeError', `${name} must be at most ${max} with offloop; got ${value}`)
}

/**
 * In the package's order: of two mistakes the same one is told.
 * @param {Costs} costs
 * @param {Uint8Array} salt
 * @param {Uint8Array} secret
 * @param {Uint8Array} data
 */
function checkInputs({ hashLength, m, t, p, type, version }, salt, secret, data) {
  if (hashLength === 0) throw new Error('Output pointer is NULL')
  if (hashLength < 4) throw new Error('Output is too short')
  if (salt.byteLength < MIN_SALT_LENGTH) throw new Error('Salt is too short')
  if (m < 8 || m < 8 * p) throw new Error('Memory cost is too small')
  if (t < 1) throw new Error('Time cost is too small')
  if (p < 1) throw new Error('Too few lanes')
  if (type >= TYPES) throw new Error('There is no such version of Argon2')
  notOver('hashLength', hashLength, MAX_HASH_LENGTH)
  notOver('the length of salt', salt.byteLength, MAX_BYTES)
  notOver('the length of secret', secret.byteLength, MAX_BYTES)
  notOver('the length of associatedData', data.byteLength, MAX_BYTES)
  notOver('memoryCost', m, MAX_MEMORY_KIB)
  notOver('timeCost', t, MAX_PASSES)
  notOver('parallelism', p, MAX_LANES)
  if (version !== 0x10 && version !== 0x13) {
    throw argumentError('RangeError', `version must be 16 or 19 with offloop; got ${version}`)
  }
}

/**
 * How long a salt of ours is to be.
 * @param {unknown} value
 */
function saltLength(value) {
  const length = unsigned(value)
  notOver('saltLength', length, MAX_BYTES)
  return length
}

module.exports = { bytesOf, checkInputs, passwordBytes, saltLength, unsigned }
