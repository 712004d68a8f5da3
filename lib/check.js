'use strict'

// Argument checks. Each reads a value once, so that a getter cannot answer differently the second time,
// and throws a TypeError or RangeError that names the argument, what was expected and what came.

const { isUint8Array, isAnyArrayBuffer, isSharedArrayBuffer } = require('node:util/types')
const { argumentError } = require('./errors.js')

/**
 * A short description of a value for an error's message. Never the value of a string: it may be a secret.
 * @param {unknown} value
 * @returns {string}
 */
function describe(value) {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'string':
      return `a string of ${value.length} characters`
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'bigint':
      return 'a BigInt'
    case 'symbol':
      return 'a symbol'
    case 'function':
      return 'a function'
    default:
      try {
        if (Array.isArray(value)) return 'an array'
        const name = Object.getPrototypeOf(value)?.constructor?.name
        return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object'
      } catch {
        return 'an object that cannot be inspected'
      }
  }
}

/**
 * @param {string} name
 * @param {string} expected
 * @param {unknown} value
 * @param {string} [hint]
 */
function typeError(name, expected, value, hint) {
  return argumentError('TypeError', `${name} must be ${expected}; got ${describe(value)}${hint ? `. ${hint}` : ''}`)
}

/**
 * @param {string} name
 * @param {string} expected
 * @param {unknown} value
 */
function rangeError(name, expected, value) {
  return argumentError('RangeError', `${name} must be ${expected}; got ${String(value)}`)
}

/**
 * Copies the options into a plain object, inherited ones and those of getters included, as Node's own functions read
 * them: a class's option that was passed over in silence might be the one that protects. What is known to nobody is
 * refused where it is the object's own. A getter or proxy that throws becomes an argument error with what it threw as
 * its cause.
 * @param {string} name
 * @param {unknown} value undefined means no options
 * @param {readonly string[]} known
 * @param {ReadonlyMap<string, string>} [misplaced] what to say of options that are known elsewhere
 * @returns {Record<string, unknown>}
 */
function options(name, value, known, misplaced) {
  /** @type {Record<string, unknown>} */
  const copy = {}
  if (value === undefined) return copy
  if (value === null || typeof value !== 'object') throw typeError(name, 'an object', value)
  for (const key of ownKeys(name, value)) {
    if (!known.includes(key)) {
      const hint = misplaced?.get(key)
      if (hint !== undefined) throw argumentError('TypeError', `${name}.${key} ${hint}`)
      throw argumentError('TypeError', `${name}.${key} is no known option; known are ${known.join(', ')}`)
    }
  }
  for (const key of known) {
    let option
    try {
      option = /** @type {Record<string, unknown>} */ (value)[key]
    } catch (cause) {
      throw argumentError('TypeError', `${name}.${key} could not be read`, { cause })
    }
    if (option !== undefined) copy[key] = option
  }
  return copy
}

/**
 * @param {string} name
 * @param {object} value
 * @returns {string[]}
 */
function ownKeys(name, value) {
  /** @type {string[] | undefined} */
  let keys
  try {
    keys = Array.isArray(value) ? undefined : Object.keys(value)
  } catch (cause) {
    throw argumentError('TypeError', `${name} could not be read`, { cause })
  }
  if (keys === undefined) throw typeError(name, 'an object', value)
  return keys
}

/**
 * @template {number | undefined} D
 * @param {string} name
 * @param {unknown} value
 * @param {number} min
 * @param {number} max
 * @param {D} fallback
 * @returns {number | D}
 */
function integer(name, value, min, max, fallback) {
  if (value === undefined) return fallback
  if (typeof value !== 'number') throw typeError(name, 'a number', value)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw rangeError(name, `an integer from ${min} to ${max}`, value)
  }
  return value
}

/**
 * @template {number | undefined} D
 * @param {string} name
 * @param {unknown} value
 * @param {number} min
 * @param {number} max
 * @param {D} fallback
 * @returns {number | D}
 */
function number(name, value, min, max, fallback) {
  if (value === undefined) return fallback
  if (typeof value !== 'number') throw typeError(name, 'a number', value)
  if (!(value >= min && value <= max)) throw rangeError(name, `a number from ${min} to ${max}`, value)
  return value
}

/**
 * A number from 0 to max that has no default.
 * @param {string} name
 * @param {unknown} value
 * @param {number} max
 * @returns {number}
 */
function required(name, value, max) {
  const given = number(name, value, 0, max, undefined)
  if (given === undefined) throw typeError(name, `a number from 0 to ${max}`, value)
  return given
}

/**
 * @template {boolean | undefined} D
 * @param {string} name
 * @param {unknown} value
 * @param {D} fallback
 * @returns {boolean | D}
 */
function boolean(name, value, fallback) {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw typeError(name, 'true or false', value)
  return value
}

/**
 * @template {string} T
 * @template {T | undefined} D
 * @param {string} name
 * @param {unknown} value
 * @param {readonly T[]} allowed
 * @param {D} fallback
 * @returns {T | D}
 */
function oneOf(name, value, allowed, fallback) {
  if (value === undefined) return fallback
  if (typeof value === 'string' && allowed.includes(/** @type {T} */ (value))) return /** @type {T} */ (value)
  const expected = `one of ${allowed.map((a) => `'${a}'`).join(', ')}`
  if (typeof value !== 'string') throw typeError(name, expected, value)
  // The option's own names are no secrets: show what came, shortened.
  throw argumentError('TypeError', `${name} must be ${expected}; got '${value.slice(0, 40)}'`)
}

/**
 * Bytes as a Uint8Array over the caller's memory, refusing detached and shared buffers, and views that a resizable
 * buffer has shrunk away from: either would count as empty, and an empty password is one too.
 * @param {string} name
 * @param {unknown} value a Uint8Array (a Buffer is one) or an ArrayBuffer
 * @param {string} [expected]
 * @returns {Uint8Array}
 */
function bytes(name, value, expected = 'a Buffer, Uint8Array or ArrayBuffer') {
  let view
  if (isUint8Array(value)) {
    view = value
  } else if (isAnyArrayBuffer(value)) {
    try {
      view = new Uint8Array(value)
    } catch (cause) {
      throw argumentError('TypeError', `${name} is a detached ArrayBuffer: its memory was transferred away`, { cause })
    }
  } else {
    throw typeError(name, expected, value)
  }
  const buffer = bufferOf(view)
  if (isSharedArrayBuffer(buffer)) {
    throw typeError(name, `${expected} whose memory is not shared`, buffer, 'Pass a copy, as Buffer.from(bytes) makes')
  }
  try {
    valuesOf(view)
  } catch (cause) {
    const why = isDetached(buffer)
      ? 'a view of a detached ArrayBuffer: its memory was transferred away'
      : 'a view that reaches beyond its ArrayBuffer, which was made smaller'
    throw argumentError('TypeError', `${name} is ${why}`, { cause })
  }
  return view
}

/**
 * Throws for views without memory of their own, whatever took it away; reads nothing.
 * @type {(view: Uint8Array) => unknown}
 */
const valuesOf = Function.prototype.call.bind(Uint8Array.prototype.values)

/**
 * A getter of typed arrays themselves: an object's own properties can throw or lie.
 * @param {'buffer' | 'byteLength'} property
 */
function intrinsic(property) {
  const getter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), property)?.get
  if (getter === undefined) throw new Error(`typed arrays have no ${property}`)
  return Function.prototype.call.bind(getter)
}

/** @type {(view: Uint8Array) => ArrayBuffer} */
const bufferOf = intrinsic('buffer')

/**
 * The length of a Uint8Array, whatever the object says.
 * @type {(view: Uint8Array) => number}
 */
const byteLength = intrinsic('byteLength')

/**
 * Node before 22 has ArrayBuffers that do not tell; but a detached one refuses any view.
 * @param {ArrayBuffer} buffer
 */
function isDetached(buffer) {
  try {
    void new Uint8Array(buffer, 0, 0)
    return false
  } catch {
    return true
  }
}

module.exports = { describe, typeError, rangeError, options, integer, number, required, boolean, oneOf, bytes, byteLength }
