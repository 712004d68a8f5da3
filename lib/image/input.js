'use strict'

// The image to be read: a file's path, or bytes.

const check = require('../check.js')
const { argumentError } = require('../errors.js')

/**
 * A file's path, or bytes over the caller's memory.
 * @param {unknown} value
 * @returns {string | Uint8Array}
 */
function source(value) {
  if (typeof value === 'string') {
    if (value === '') throw argumentError('TypeError', 'input must not be an empty path')
    if (value.includes('\0')) throw argumentError('TypeError', 'input must be a path without NUL characters')
    return value
  }
  return check.bytes('input', value, "a Buffer, Uint8Array, ArrayBuffer or a file's path")
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
