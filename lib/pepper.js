'use strict'

// A pepper's ring of keys, as bytes of our own that are wiped once the addon has its copy.

const { isKeyObject, isMap, isUint8Array } = require('node:util/types')
const check = require('./check.js')
const { argumentError } = require('./errors.js')

// The bounds of src/password/pepper.rs, which checks them again; of a key's length and a ring's size there is none.
const MAX_KEY_ID_BYTES = 64
const MAX_KEY_BYTES = 1 << 16
const MAX_KEYS = 1024

/**
 * The keys' bytes one after the other, and what is where. `wipe` when the call has been made.
 * @typedef {{
 *   ring: { current: string, ids: string[], lengths: number[] } | null, keys: Uint8Array | null, wipe: () => void
 * }} Ring
 */

/** @type {Ring} */
const NONE = Object.freeze({ ring: null, keys: null, wipe: () => {} })

/**
 * @param {unknown} value
 * @returns {Ring}
 */
function checkPepper(value) {
  if (value === undefined) return NONE
  const copy = check.options('options.pepper', value, ['current', 'keys'])
  if (typeof copy.current !== 'string') throw check.typeError('options.pepper.current', 'a string', copy.current)
  const entries = keysOf(copy.keys)
  /** @type {string[]} */
  const ids = []
  /** @type {Buffer[]} */
  const parts = []
  const wipe = () => parts.forEach((part) => part.fill(0))
  try {
    for (const [id, key] of entries) {
      const bytes = Buffer.byteLength(id)
      if (bytes === 0 || bytes > MAX_KEY_ID_BYTES) {
        throw argumentError(
          'RangeError',
          `options.pepper.keys must have ids of 1 to ${MAX_KEY_ID_BYTES} bytes; got one of ${bytes}`
        )
      }
      ids.push(id)
      parts.push(keyBytes(`options.pepper.keys['${id}']`, key))
    }
    if (!ids.includes(copy.current)) {
      const named = `options.pepper.current must be the id of one of options.pepper.keys`
      throw argumentError('RangeError', `${named}; got '${copy.current.slice(0, 40)}'`)
    }
    const ring = { current: copy.current, ids, lengths: parts.map((part) => part.length) }
    const keys = Buffer.concat(parts)
    parts.push(keys)
    return { ring, keys, wipe }
  } catch (error) {
    wipe()
    throw error
  }
}

/** @param {unknown} keys */
function keysOf(keys) {
  const name = 'options.pepper.keys'
  if (keys === null || typeof keys !== 'object' || isUint8Array(keys)) {
    throw check.typeError(name, 'an object of keys by their ids', keys)
  }
  if (isMap(keys)) {
    throw check.typeError(name, 'an object of keys by their ids', keys, 'Object.fromEntries(map) makes one')
  }
  /** @type {Array<[string, unknown]>} */
  let entries
  try {
    entries = Object.entries(keys)
  } catch (cause) {
    throw argumentError('TypeError', `${name} could not be read`, { cause })
  }
  if (entries.length === 0 || entries.length > MAX_KEYS) {
    throw argumentError('RangeError', `${name} must hold 1 to ${MAX_KEYS} keys; got ${entries.length}`)
  }
  return entries
}

/**
 * A copy of a key's bytes.
 * @param {string} name
 * @param {unknown} key
 * @returns {Buffer}
 */
function keyBytes(name, key) {
  const expected = 'a string, Buffer, Uint8Array or secret KeyObject'
  let bytes
  if (typeof key === 'string') {
    bytes = Buffer.from(key)
  } else if (isUint8Array(key)) {
    bytes = Buffer.from(check.bytes(name, key, expected))
  } else if (isKeyObject(key)) {
    const secret = /** @type {import('node:crypto').KeyObject} */ (key)
    if (secret.type !== 'secret') {
      throw argumentError('TypeError', `${name} must be ${expected}; got a ${secret.type} key`)
    }
    bytes = secret.export()
  } else {
    throw check.typeError(name, expected, key)
  }
  if (bytes.length === 0 || bytes.length > MAX_KEY_BYTES) {
    const range = `1 to ${MAX_KEY_BYTES} bytes`
    const got = bytes.length
    bytes.fill(0)
    throw argumentError('RangeError', `${name} must have ${range}; got ${got}`)
  }
  return bytes
}

module.exports = { checkPepper }
