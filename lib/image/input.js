'use strict'

// The image to be read: a file's path, or bytes.

const check = require('../check.js')
const { argumentError } = require('../errors.js')

const EXPECTED = "a Buffer, Uint8Array, ArrayBuffer or a file's path"
const FROM_URL = 'Pass fileURLToPath(url), from node:url'

/**
 * A file's path, or bytes over the caller's memory.
 * @param {unknown} value
 * @returns {string | Uint8Array}
 */
function source(value) {
  if (typeof value === 'string') {
    if (value === '') throw argumentError('TypeError', 'input must not be an empty path')
    if (value.includes('\0')) throw argumentError('TypeError', 'input must be a path without NUL characters')
    if (/^file:\/\//i.test(value)) throw argumentError('TypeError', `input must be a path; got a file: URL. ${FROM_URL}`)
    return value
  }
  if (isUrl(value)) throw check.typeError('input', EXPECTED, value, FROM_URL)
  return check.bytes('input', value, EXPECTED)
}

/**
 * As Node itself tells them: also of another realm, as under Jest.
 * @param {unknown} value
 * @returns {boolean}
 */
function isUrl(value) {
  if (value === null || typeof value !== 'object') return false
  try {
    const { href, protocol } = /** @type {any} */ (value)
    return typeof href === 'string' && typeof protocol === 'string'
  } catch {
    return false
  }
}

/**
 * Takes the memory away from the caller, so that nobody can change it. A view of a part of an ArrayBuffer
 * detaches the whole. Memory that cannot be detached is copied: Node's pool by structuredClone itself or,
 * as a WebAssembly.Memory that it refuses, by native code.
 * @param {Uint8Array} bytes
 * @returns {{ bytes: Uint8Array, owned: boolean }}
 */
function detach(bytes) {
  try {
    const { buffer, byteOffset, byteLength } = bytes
    // Throws here if an object's own properties lie about them, while nothing is lost.
    void new Uint8Array(buffer, byteOffset, byteLength)
    const own = structuredClone(buffer, { transfer: [/** @type {ArrayBuffer} */ (buffer)] })
    return { bytes: new Uint8Array(own, byteOffset, byteLength), owned: true }
  } catch {
    return { bytes, owned: false }
  }
}

module.exports = { source, detach }
