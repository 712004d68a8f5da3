'use strict'

// Columns in, flat columns out: a source that has its values by column already. Typed arrays are handed over as they
// are, a piece a batch; arrays go through the packer's memory.

const { types } = require('node:util')
const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { put } = require('./cells.js')
const { reason, sourceError, valueError } = require('./errors.js')
const { BATCH_CHARACTERS } = require('./compile.js')
const { Slab } = require('./slab.js')

/** @typedef {import('./columns.js').Column} Column */
/** @typedef {Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array | BigInt64Array | BigUint64Array} Numbers */
/** @typedef {{ name: string, kind: number, values: Numbers } | { name: string, kind: -1, values: ArrayLike<unknown> }} Values */

/** The order of `Kind` in src/node/csv_batch.rs. */
const KINDS = ['Int8Array', 'Uint8Array', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array']

/** Cells a batch of which none needs work here: more of them are one hand-over less. */
const TYPED_CELLS = 65_536

/**
 * Whether a source is one of columns.
 * @param {any} source
 */
function isColumnSource(source) {
  return typeof source.columns === 'object' && source.columns !== null && !Array.isArray(source.columns)
}

class ColumnPacker {
  /**
   * @param {Record<string, ArrayLike<unknown>>} source
   * @param {Column[] | undefined} named
   */
  constructor(source, named) {
    this.columns = named ?? Object.keys(source).map((key) => ({ name: key, header: key, key, path: undefined, read: undefined, computed: false }))
    if (this.columns.length === 0) throw argumentError('RangeError', 'rows.columns must have at least one column; got an empty object')
    this.names = this.columns.map(({ name }) => name)
    this.values = this.columns.map((column) => valuesOf(source, column))
    this.length = this.values[0].values.length
    this.check()
    this.slab = new Slab(this.columns.length)
    this.first = 0
    const typed = this.values.every(({ kind }) => kind !== -1)
    /** The rows that a batch takes. */
    this.capacity = typed ? Math.max(1, Math.floor(TYPED_CELLS / this.columns.length)) : this.slab.capacity
  }

  get index() {
    return this.first + this.slab.rows
  }

  get full() {
    return this.slab.rows === this.capacity || this.slab.characters > BATCH_CHARACTERS
  }

  /** Throws if the columns are not as long any more as they were, or never were of one length. */
  check() {
    for (const { name, values } of this.values) {
      if (values.length !== this.length) {
        const what = `the columns must be of one length; ${JSON.stringify(this.columns[0].name)} has ${this.length} values, ${JSON.stringify(name)} has ${values.length}`
        throw sourceError(what, Math.min(values.length, this.length))
      }
    }
  }

  /**
   * Adds rows until the batch is full.
   * @param {unknown} _
   * @param {number} from
   * @param {number} to
   * @returns {number} the next that was not added
   */
  addRows(_, from, to) {
    const { slab } = this
    let at = from
    // Typed arrays need no work here.
    if (this.capacity > slab.capacity) {
      at = Math.min(this.length, from + this.capacity - slab.rows)
      slab.rows += at - from
      return at
    }
    for (; at < to && !this.full; at++) {
      for (let column = 0; column < this.values.length; column++) {
        const { kind, values, name } = this.values[column]
        if (kind !== -1) continue
        const text = put(slab, column * slab.capacity + slab.rows, read(values, at, name), at, name)
        slab.characters += text.length
        slab.texts[column] += text
      }
      slab.rows++
    }
    return at
  }

  /** @param {import('./export.js').Session} session */
  push(session) {
    this.check()
    const { first } = this
    const rows = this.slab.rows
    session.pushColumns(this.slab, first, this.values.map(({ kind, values }) => {
      return kind === -1 ? null : bytesOf(/** @type {Numbers} */ (values), first, rows)
    }), Int8Array.from(this.values, ({ kind }) => kind))
  }

  clear() {
    this.first += this.slab.rows
    this.slab.clear()
  }

  release() {
    this.slab.release()
  }
}

/**
 * @param {Record<string, ArrayLike<unknown>>} source
 * @param {Column} column
 * @returns {Values}
 */
function valuesOf(source, { name, key, path, computed }) {
  const at = key ?? path?.join('.')
  if (computed || at === undefined) {
    throw argumentError('TypeError', `column ${JSON.stringify(name)} must have a key and no value function, because the source has columns and no rows`)
  }
  const values = Object.hasOwn(source, at) ? source[at] : undefined
  if (values === undefined) throw argumentError('RangeError', `rows.columns has no ${JSON.stringify(at)}; it has ${Object.keys(source).slice(0, 20).join(', ')}`)
  const expected = 'an array or a typed array'
  const where = `rows.columns[${JSON.stringify(at)}]`
  if (values === null || typeof values !== 'object') throw check.typeError(where, expected, values)
  if (types.isTypedArray(values)) {
    const tag = types.isUint8ClampedArray(values) ? 'Uint8Array' : /** @type {any} */ (values)[Symbol.toStringTag]
    // What Node has not known for long, such as Float16Array, goes value by value.
    return { name, kind: /** @type {any} */ (KINDS.indexOf(tag)), values: /** @type {any} */ (values) }
  }
  if (!Number.isSafeInteger(values.length) || values.length < 0) throw check.typeError(where, expected, values)
  return { name, kind: -1, values }
}

/**
 * @param {ArrayLike<unknown>} values
 * @param {number} at
 * @param {string} name
 */
function read(values, at, name) {
  try {
    return values[at]
  } catch (cause) {
    throw valueError(`reading it threw: ${reason(cause)}`, at, name, { cause })
  }
}

/**
 * @param {Numbers} values
 * @param {number} first
 * @param {number} rows
 */
function bytesOf(values, first, rows) {
  const piece = values.subarray(first, first + rows)
  // Another thread may write to shared memory while it is copied: what it writes may be torn, but not more.
  const still = types.isSharedArrayBuffer(piece.buffer) ? piece.slice() : piece
  return new Uint8Array(still.buffer, still.byteOffset, still.byteLength)
}

module.exports = { ColumnPacker, isColumnSource }
