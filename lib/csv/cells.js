'use strict'

// One cell of any kind into a slab: the slow and complete way. The loops that lib/csv/compile.js makes do the
// common kinds themselves and call this for the rest.

const { isDate, isAnyArrayBuffer, isMap, isPromise, isSet } = require('node:util/types')
const { reason, valueError } = require('./errors.js')
const { NULL, STRING, NUMBER, DATE, TRUE, FALSE, UNDEFINED, DECIMAL, BYTES, INTEGER } = require('./tags.js')

/** @typedef {InstanceType<typeof import('./slab.js').Slab>} Slab */

/** In one cell. V8's longest string is 2^29 - 24, and a batch before it must fit one string with it. */
const MAX_CELL = 2 ** 28

const getTime = Date.prototype.getTime
const DECIMAL_TEXT = /^-?\d+(?:\.\d+)?$/

/**
 * Writes the cell's tag and whatever else it has into the slab, except its text.
 * @param {Slab} slab
 * @param {number} cell
 * @param {unknown} value
 * @param {number} row of the source, for errors
 * @param {string} name of the column, for errors
 * @returns {string} its text
 */
function put(slab, cell, value, row, name) {
  switch (typeof value) {
    case 'string':
      return text(slab, cell, STRING, value, row, name)
    case 'number':
      slab.tags[cell] = NUMBER
      slab.words[cell] = value
      return ''
    case 'boolean':
      slab.tags[cell] = value ? TRUE : FALSE
      return ''
    case 'undefined':
      slab.tags[cell] = UNDEFINED
      return ''
    case 'bigint':
      return bigint(slab, cell, value, row, name)
    case 'object':
      break
    default:
      throw valueError(`a ${typeof value} cannot be written; use a value function to make text of it`, row, name)
  }
  if (value === null) {
    slab.tags[cell] = NULL
    return ''
  }
  if (isDate(value)) return date(slab, cell, value, row, name)
  let kind = STRING
  /** @type {unknown} */
  let simple
  try {
    if (ArrayBuffer.isView(value) || isAnyArrayBuffer(value)) {
      kind = BYTES
      simple = bytes(/** @type {ArrayBufferView | ArrayBuffer} */ (value)).toString('latin1')
    } else {
      const decimal = decimalText(value)
      if (decimal === undefined) {
        simple = simplify(/** @type {object} */ (value))
      } else {
        kind = DECIMAL
        simple = decimal
      }
    }
  } catch (cause) {
    if (cause instanceof Refusal) throw valueError(cause.message, row, name)
    throw valueError(`the value cannot be written as text: ${reason(cause)}`, row, name, { cause })
  }
  if (typeof simple === 'string') return text(slab, cell, kind, simple, row, name)
  return put(slab, cell, simple, row, name)
}

/**
 * @param {Slab} slab
 * @param {number} cell
 * @param {number} tag
 * @param {string} value
 * @param {number} row
 * @param {string} name
 */
function text(slab, cell, tag, value, row, name) {
  checkLength(value.length, row, name)
  slab.tags[cell] = tag
  slab.lengths[cell] = value.length
  return value
}

/**
 * @param {number} length
 * @param {number} row
 * @param {string} name
 */
function checkLength(length, row, name) {
  if (length > MAX_CELL) throw valueError(`expected at most ${MAX_CELL} characters in a cell; got ${length}`, row, name)
}

/**
 * @param {Slab} slab
 * @param {number} cell
 * @param {bigint} value
 * @param {number} row
 * @param {string} name
 */
function bigint(slab, cell, value, row, name) {
  if (BigInt.asIntN(64, value) !== value) return text(slab, cell, DECIMAL, value.toString(), row, name)
  slab.tags[cell] = INTEGER
  slab.integers[cell] = value
  return ''
}

/**
 * @param {Slab} slab
 * @param {number} cell
 * @param {Date} value
 * @param {number} row
 * @param {string} name
 */
function date(slab, cell, value, row, name) {
  const time = getTime.call(value)
  if (time !== time) throw valueError('an invalid Date; give a valid one or null', row, name)
  slab.tags[cell] = DATE
  slab.words[cell] = time
  return ''
}

/** @param {ArrayBufferView | ArrayBuffer | SharedArrayBuffer} value */
function bytes(value) {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(/** @type {ArrayBuffer} */ (value))
}

/**
 * The digits of an object that stands for a decimal number, such as decimal.js, Prisma.Decimal, big.js and
 * bignumber.js make: `toFixed()`, because their `toString()` and `toJSON()` go exponential.
 * @param {object} value
 */
function decimalText(value) {
  const { toFixed } = /** @type {{ toFixed?: unknown }} */ (value)
  if (typeof toFixed !== 'function') return undefined
  const digits = toFixed.call(value)
  return typeof digits === 'string' && DECIMAL_TEXT.test(digits) ? digits : undefined
}

/** A value that no cell can hold, and why. */
class Refusal extends Error {}

/**
 * An object as text, or what its `toJSON` makes of it.
 * @param {object} value
 * @returns {unknown} no object
 */
function simplify(value) {
  if (isPromise(value)) throw new Refusal('a Promise cannot be written; await it before its row is exported')
  const { toJSON } = /** @type {{ toJSON?: unknown }} */ (value)
  if (typeof toJSON !== 'function') return json(value)
  const simple = toJSON.call(value, '')
  switch (typeof simple) {
    case 'object':
      return simple === null ? null : json(simple)
    case 'symbol':
    case 'function':
      throw new Refusal(`its toJSON returned a ${typeof simple}; use a value function`)
    default:
      return simple
  }
}

/**
 * JSON in which a Map is an object, or an array of its entries where a key is no string, and a Set an array. A
 * BigInt is its digits in quotes: most readers of JSON would round the number.
 * @param {object} value
 */
function json(value) {
  return JSON.stringify(plain(value), replace)
}

/**
 * @param {string} _
 * @param {unknown} value
 */
function replace(_, value) {
  if (typeof value === 'bigint') return value.toString()
  return value !== null && typeof value === 'object' ? plain(value) : value
}

/** @param {object} value */
function plain(value) {
  if (isSet(value)) return [...value]
  if (!isMap(value)) return value
  const entries = [...value]
  if (!entries.every(([key]) => typeof key === 'string')) return entries
  // Not Object.fromEntries: a key `__proto__` is a key like others there too, but stringify must see it.
  return Object.fromEntries(entries)
}

module.exports = { put, checkLength }
