'use strict'

// Rows in, flat columns out: the one long thing that offloop does on the event loop, so the loop over the
// cells does nothing that a worker could do. Numbers, dates and booleans go to typed arrays, the strings
// of a column are appended to one; a tag a cell is kept only once a column proves mixed. The arrays are
// reused batch after batch: whoever takes a batch copies it.

const { isDate, isAnyArrayBuffer, isPromise } = require('node:util/types')
const v8 = require('node:v8')
const { reason, valueError, columnError } = require('./errors.js')
const { EMPTY, STRING, NUMBER, DATE, TRUE, FALSE, PER_CELL } = require('./tags.js')

/** @typedef {import('./columns.js').Column} Column */
/**
 * @typedef {object} PackedColumn
 * @property {number} tag the one tag of every cell, or PER_CELL
 * @property {Uint8Array | undefined} tags one a row
 * @property {Float64Array | undefined} numbers of the number and date cells, in row order
 * @property {Uint32Array | undefined} lengths of the string cells, in UTF-16 units
 * @property {string} text the string cells, end to end
 * @property {boolean} oneByte whether all of `text` is below U+0100
 */

/**
 * Cells a batch: about a quarter of a millisecond of packing. With more, the garbage collector copies more
 * strings that are not handed over yet: with 16,384 and twenty exports its pauses took half as long again.
 */
const BATCH_CELLS = 8192
const MAX_ROWS = 4096
/** Characters a batch, passed by at most one row. */
const BATCH_CHARACTERS = 512 * 1024
/** In one cell. V8's longest string is 2^29 - 24, and a batch before it must fit one string with it. */
const MAX_CELL = 2 ** 28

const getTime = Date.prototype.getTime

/** Since Node 22.15. It looks at the representation only, not at the characters. */
const isOneByteRepresentation = /** @type {{ isStringOneByteRepresentation?: (text: string) => boolean }} */ (
  /** @type {unknown} */ (v8)
).isStringOneByteRepresentation

/** @type {(text: string) => boolean} */
const isOneByte = isOneByteRepresentation ?? ((text) => !/[\u0100-\uffff]/.test(text))

/** One column's part of the batch being packed. */
class Slab {
  /**
   * @param {Column} column
   * @param {number} capacity rows
   */
  constructor(column, capacity) {
    this.name = column.name
    this.key = column.key
    this.read = column.read
    this.computed = column.computed
    this.capacity = capacity
    /** @type {number} the tag of every cell so far, or PER_CELL */
    this.tag = EMPTY
    this.text = ''
    this.strings = 0
    this.values = 0
    /** @type {Uint8Array | undefined} */
    this.tags = undefined
    /** @type {Float64Array | undefined} */
    this.numbers = undefined
    /** @type {Uint32Array | undefined} */
    this.lengths = undefined
  }

  /**
   * The cell of `row` is unlike those before it.
   * @param {number} row of the batch
   * @param {number} tag
   */
  setTag(row, tag) {
    if (this.tag === PER_CELL) {
      /** @type {Uint8Array} */ (this.tags)[row] = tag
    } else if (row === 0) {
      this.tag = tag
    } else {
      this.tags ??= new Uint8Array(this.capacity)
      this.tags.fill(this.tag, 0, row)
      this.tags[row] = tag
      this.tag = PER_CELL
    }
  }

  /** @param {string} value */
  addText(value) {
    this.text += value
    this.lengths ??= new Uint32Array(this.capacity)
    this.lengths[this.strings++] = value.length
  }

  /** @param {number} value */
  addNumber(value) {
    this.numbers ??= new Float64Array(this.capacity)
    this.numbers[this.values++] = value
  }

  /**
   * @param {number} rows
   * @returns {PackedColumn}
   */
  packed(rows) {
    return {
      tag: this.tag,
      tags: this.tag === PER_CELL ? this.tags?.subarray(0, rows) : undefined,
      numbers: this.values > 0 ? this.numbers?.subarray(0, this.values) : undefined,
      lengths: this.strings > 0 ? this.lengths?.subarray(0, this.strings) : undefined,
      text: this.text,
      oneByte: this.text === '' || isOneByte(this.text)
    }
  }

  /** A column that was mixed most likely stays so, so it keeps its tag a cell. */
  clear() {
    if (this.tag !== PER_CELL) this.tag = EMPTY
    this.text = ''
    this.strings = 0
    this.values = 0
  }
}

class Packer {
  /** @param {readonly Column[]} columns */
  constructor(columns) {
    /** The rows that a batch takes. */
    this.capacity = Math.max(1, Math.min(MAX_ROWS, Math.floor(BATCH_CELLS / columns.length)))
    this.rows = 0
    this.characters = 0
    this.slabs = columns.map((column) => new Slab(column, this.capacity))
  }

  /** Whether the batch is to be taken before the next row. */
  get full() {
    return this.rows === this.capacity || this.characters >= BATCH_CHARACTERS
  }

  /**
   * Adds a row, an object or an array. After an error the batch is useless.
   * @param {any} row
   * @param {number} index the row's, in its source
   */
  add(row, index) {
    if (Array.isArray(row)) this.addArray(row, index)
    else this.addObject(row, index)
  }

  /**
   * @private
   * @param {any} row
   * @param {number} index
   */
  addObject(row, index) {
    const slabs = this.slabs
    const at = this.rows
    for (let column = 0; column < slabs.length; column++) {
      const slab = slabs[column]
      const key = slab.key
      /** @type {unknown} */
      let value
      if (key === undefined && slab.read === undefined) {
        throw columnError('the column needs a key or a value function, because the row is an object', index, slab.name)
      }
      try {
        value = key !== undefined ? row[key] : slab.read?.call(undefined, row, index)
      } catch (cause) {
        throw unreadable(slab, index, cause)
      }
      this.addCell(slab, at, value, index)
    }
    this.rows = at + 1
  }

  /**
   * @private
   * @param {any[]} row
   * @param {number} index
   */
  addArray(row, index) {
    const slabs = this.slabs
    const at = this.rows
    let length
    try {
      length = row.length
    } catch (cause) {
      throw unreadable(slabs[0], index, cause)
    }
    if (length > slabs.length) {
      throw columnError(`expected at most ${slabs.length} cells, as many as there are columns; got ${length}`, index)
    }
    for (let column = 0; column < slabs.length; column++) {
      const slab = slabs[column]
      /** @type {unknown} */
      let value
      try {
        if (slab.computed) value = /** @type {NonNullable<Column['read']>} */ (slab.read).call(undefined, row, index)
        else value = column < length ? row[column] : undefined
      } catch (cause) {
        throw unreadable(slab, index, cause)
      }
      this.addCell(slab, at, value, index)
    }
    this.rows = at + 1
  }

  /**
   * @private
   * @param {Slab} slab
   * @param {number} at
   * @param {unknown} value
   * @param {number} index
   */
  addCell(slab, at, value, index) {
    let tag
    if (typeof value === 'string') {
      const length = value.length
      if (length > MAX_CELL) {
        throw valueError(`expected at most ${MAX_CELL} characters in a cell; got ${length}`, index, slab.name)
      }
      this.characters += length
      slab.addText(value)
      tag = STRING
    } else if (typeof value === 'number') {
      slab.addNumber(value)
      tag = NUMBER
    } else if (value === null || value === undefined) {
      tag = EMPTY
    } else if (typeof value === 'boolean') {
      tag = value ? TRUE : FALSE
    } else {
      tag = this.addOther(slab, value, index)
    }
    if (tag !== slab.tag || at === 0) slab.setTag(at, tag)
  }

  /**
   * @private
   * @param {Slab} slab
   * @param {unknown} value neither a string, number, boolean nor nothing
   * @param {number} index
   * @returns {number} the tag
   */
  addOther(slab, value, index) {
    if (isDate(value)) {
      const time = getTime.call(value)
      if (time !== time) throw valueError('an invalid Date; give a valid one or null', index, slab.name)
      slab.addNumber(time)
      return DATE
    }
    /** @type {unknown} */
    let simple
    try {
      simple = simplify(value)
    } catch (cause) {
      if (cause instanceof Refusal) throw valueError(cause.message, index, slab.name)
      throw valueError(`the value cannot be written as text: ${reason(cause)}`, index, slab.name, { cause })
    }
    if (typeof simple === 'string') {
      if (simple.length > MAX_CELL) {
        throw valueError(`expected at most ${MAX_CELL} characters in a cell; got ${simple.length}`, index, slab.name)
      }
      this.characters += simple.length
      slab.addText(simple)
      return STRING
    }
    if (typeof simple === 'number') {
      slab.addNumber(simple)
      return NUMBER
    }
    if (typeof simple === 'boolean') return simple ? TRUE : FALSE
    return EMPTY
  }

  /**
   * The batch's columns, over memory that the next row may overwrite.
   * @returns {PackedColumn[]}
   */
  packed() {
    const rows = this.rows
    return this.slabs.map((slab) => slab.packed(rows))
  }

  clear() {
    this.rows = 0
    this.characters = 0
    for (const slab of this.slabs) slab.clear()
  }
}

/** A value that no cell can hold, and why. */
class Refusal extends Error {}

/**
 * @param {Slab} slab
 * @param {number} index
 * @param {unknown} cause
 */
function unreadable(slab, index, cause) {
  const what = slab.computed ? 'its value function threw' : 'reading it threw'
  return valueError(`${what}: ${reason(cause)}`, index, slab.name, { cause })
}

/**
 * A BigInt or an object as a string, or what its `toJSON` makes of it.
 * @param {unknown} value
 * @returns {string | number | boolean | null | undefined}
 */
function simplify(value) {
  switch (typeof value) {
    case 'bigint':
      return value.toString()
    case 'symbol':
      throw new Refusal('a symbol cannot be written; use a value function to make text of it')
    case 'function':
      throw new Refusal('a function cannot be written; use a value function to call it')
  }
  const object = /** @type {{ toJSON?: unknown }} */ (value)
  if (ArrayBuffer.isView(object) || isAnyArrayBuffer(object)) {
    throw new Refusal("bytes cannot be written as such; use a value function, such as (row) => row.data.toString('base64')")
  }
  if (isPromise(object)) throw new Refusal('a Promise cannot be written; await it before its row is exported')
  const toJSON = object.toJSON
  if (typeof toJSON !== 'function') return JSON.stringify(object)
  const json = toJSON.call(object, '')
  switch (typeof json) {
    case 'object':
      return json === null ? null : JSON.stringify(json)
    case 'bigint':
      return json.toString()
    case 'symbol':
    case 'function':
      throw new Refusal(`its toJSON returned a ${typeof json}; use a value function`)
    default:
      return json
  }
}

/**
 * One row of names, as a batch of its own.
 * @param {readonly Column[]} columns
 * @returns {PackedColumn[]}
 */
function packHeader(columns) {
  return columns.map(({ header }) => ({
    tag: STRING,
    tags: undefined,
    numbers: undefined,
    lengths: Uint32Array.of(header.length),
    text: header,
    oneByte: isOneByte(header)
  }))
}

module.exports = { Packer, packHeader }
