'use strict'

// Rows in, flat columns out: the one long thing that offloop does on the event loop, so it does nothing that a
// worker could do. Numbers and dates go to typed arrays, the strings of a column are appended to one, and a tag a
// cell says what it is.

const { columnError, reason, sourceError, valueError } = require('./errors.js')
const { describe } = require('../check.js')
const { checkLength, put } = require('./cells.js')
const { STRING } = require('./tags.js')
const { loopsFor, DOING, BATCH_CHARACTERS } = require('./compile.js')
const { Slab } = require('./slab.js')

/** @typedef {import('./columns.js').Column} Column */

/** Rows packed cell by cell before a loop is made, which learns of them what the columns hold. */
const LEARN_ROWS = 32

class Packer {
  /**
   * @param {readonly Column[]} columns
   * @param {object} [rules]
   * @param {boolean} [rules.arrays] whether the first row is an array
   * @param {boolean} [rules.strict] whether a key that is no column's is an error
   */
  constructor(columns, { arrays = false, strict = false } = {}) {
    this.columns = columns
    this.arrays = arrays
    this.strict = strict
    this.names = columns.map(({ name }) => name)
    this.reads = columns.map(({ read, computed }) => (computed ? read : undefined))
    this.slab = new Slab(columns.length)
    /** The index, in the source, of the batch's first row. */
    this.first = 0
    /** @type {import('./compile.js').Loops | undefined} */
    this.loops = loopsFor(columns, arrays, strict, false, this.slab)
    this.learning = this.loops === undefined
    /** Whether the loop met a row that is not for it. */
    this.irregular = false
    /** @type {unknown} the row that the loop last took from an iterator */
    this.row = undefined
    /** @type {Set<string> | undefined} */
    this.keys = undefined
    /** How many columns the row that is being packed has no key for. Where that is counted. */
    this.missing = 0
  }

  /** The index, in the source, of the next row. */
  get index() {
    return this.first + this.slab.rows
  }

  /** Whether the batch is to be taken before the next row. */
  get full() {
    return this.slab.rows === this.slab.capacity || this.slab.characters > BATCH_CHARACTERS
  }

  /**
   * Adds rows until the batch is full. After an error the batch is useless.
   * @param {ArrayLike<unknown>} rows
   * @param {number} from
   * @param {number} to
   * @returns {number} the next that was not added
   */
  addRows(rows, from, to) {
    let at = from
    while (at < to && !this.full) {
      if (this.loops !== undefined) {
        at = this.loops.rows(this, this.slab, rows, at, to)
        if (!this.irregular) return at
        this.irregular = false
      }
      this.addRow(take(rows, at, this.index))
      at++
    }
    return at
  }

  /**
   * Adds rows of an iterator until the batch is full, there are `most` more, or it is done.
   * @param {InstanceType<typeof import('./sources.js').IterableRows>} source
   * @param {number} most
   */
  addFrom(source, most) {
    const last = this.index + most
    while (!source.done && this.index < last && !this.full) {
      if (this.loops === undefined) {
        const row = source.take()
        if (!source.done) this.addRow(row)
      } else {
        this.loops.iterator(this, this.slab, source, last - this.index)
        if (!this.irregular) return
        this.irregular = false
        this.addRow(this.row)
      }
    }
    this.row = undefined
  }

  /**
   * Adds a row, cell by cell.
   * @param {any} row
   */
  addRow(row) {
    const index = this.index
    if (row === null || typeof row !== 'object') {
      throw sourceError(`a row must be an object or an array; got ${describe(row)}`, index)
    }
    if (isArray(row, index)) this.addArray(row, index)
    else this.addObject(row, index)
    if (this.strict) this.checkKeys(row, index)
    this.slab.rows++
    if (this.learning && this.slab.rows >= LEARN_ROWS) {
      this.learning = false
      this.loops = loopsFor(this.columns, this.arrays, this.strict, true, this.slab)
    }
  }

  /**
   * @private
   * @param {any} row
   * @param {number} index
   */
  addObject(row, index) {
    const { columns } = this
    for (let column = 0; column < columns.length; column++) {
      const { key, read } = columns[column]
      /** @type {unknown} */
      let value
      if (key === undefined && read === undefined) this.refuseObject(column, index)
      try {
        value = read === undefined ? row[/** @type {string} */ (key)] : read(row, index)
      } catch (cause) {
        throw this.failure(cause, column, index)
      }
      this.addCell(column, value, index)
    }
  }

  /**
   * @private
   * @param {any[]} row
   * @param {number} index
   */
  addArray(row, index) {
    const { columns } = this
    let length
    try {
      length = row.length
    } catch (cause) {
      throw this.failure(cause, 0, index)
    }
    if (length > columns.length) this.refuseLength(length, index)
    for (let column = 0; column < columns.length; column++) {
      const { read, computed } = columns[column]
      /** @type {unknown} */
      let value
      try {
        if (computed) value = /** @type {NonNullable<Column['read']>} */ (read)(row, index)
        else value = column < length ? row[column] : undefined
      } catch (cause) {
        throw this.failure(cause, column, index)
      }
      this.addCell(column, value, index)
    }
  }

  /**
   * @private
   * @param {number} column
   * @param {unknown} value
   * @param {number} index
   */
  addCell(column, value, index) {
    const { slab } = this
    const text = put(slab, column * slab.capacity + slab.rows, value, index, this.names[column])
    slab.characters += text.length
    slab.texts[column] += text
  }

  /**
   * A cell that is not of its column's usual kind.
   * @param {InstanceType<typeof Slab>} slab
   * @param {number} at the row of the batch
   * @param {number} column
   * @param {unknown} value
   * @param {any} row
   * @returns {string} its text
   */
  addOther(slab, at, column, value, row) {
    if (value === undefined && this.strict && !Object.hasOwn(row, /** @type {string} */ (this.columns[column].key))) this.missing++
    return put(slab, column * slab.capacity + at, value, this.first + at, this.names[column])
  }

  /**
   * Throws where a cell of a row is longer than cells may be.
   * @param {number} at
   */
  checkLengths(at) {
    const { slab, names } = this
    for (let column = 0; column < names.length; column++) {
      const cell = column * slab.capacity + at
      if (slab.tags[cell] === STRING) checkLength(slab.lengths[cell], this.first + at, names[column])
    }
  }

  /**
   * Throws where a row has a key that is no column's.
   * @param {any} row
   * @param {number} index
   */
  checkKeys(row, index) {
    this.keys ??= new Set(this.columns.map(({ key }) => /** @type {string} */ (key)))
    for (const key of keysOf(row, index)) {
      if (!this.keys.has(key)) {
        const what = 'the first row has no such key, so there is no column for it; name the columns with options.columns'
        throw columnError(what, index, key)
      }
    }
  }

  /**
   * @param {number} column
   * @param {number} index
   * @returns {never}
   */
  refuseObject(column, index) {
    const what = 'the column needs a key or a value function, because the row is an object'
    throw columnError(what, index, this.names[column])
  }

  /**
   * @param {number} length
   * @param {number} index
   * @returns {never}
   */
  refuseLength(length, index) {
    const count = this.columns.length
    throw columnError(`expected at most ${count} cells, as many as there are columns; got ${length}`, index)
  }

  /**
   * What to throw for what was thrown.
   * @param {unknown} cause
   * @param {number} doing a column that was read, or one of DOING
   * @param {number} index
   */
  failure(cause, doing, index) {
    switch (doing) {
      case DOING.OURS:
        return cause
      case DOING.TAKE:
        return unreadable(cause, index)
      case DOING.ITERATE:
        return sourceError(`the iterator of the rows failed: ${reason(cause)}`, index, { cause })
      case DOING.KEYS:
        return unusable(cause, index)
    }
    const what = this.columns[doing].computed ? 'its value function threw' : 'reading it threw'
    return valueError(`${what}: ${reason(cause)}`, index, this.names[doing], { cause })
  }

  /** @param {import('./export.js').Session} session */
  push(session) {
    session.push(this.slab, this.first)
  }

  /** Makes room for the next batch. */
  clear() {
    this.first += this.slab.rows
    this.slab.clear()
  }

  /** The memory is another export's from now on. */
  release() {
    this.slab.release()
    this.row = undefined
  }
}

/**
 * @param {ArrayLike<unknown>} rows
 * @param {number} at
 * @param {number} index
 */
function take(rows, at, index) {
  try {
    return rows[at]
  } catch (cause) {
    throw unreadable(cause, index)
  }
}

/**
 * @param {object} row
 * @param {number} index
 */
function isArray(row, index) {
  try {
    return Array.isArray(row)
  } catch (cause) {
    throw unusable(cause, index)
  }
}

/**
 * @param {object} row
 * @param {number} index
 */
function keysOf(row, index) {
  try {
    return Object.keys(row)
  } catch (cause) {
    throw unusable(cause, index)
  }
}

/**
 * A proxy that fails.
 * @param {unknown} cause
 * @param {number} index
 */
function unusable(cause, index) {
  return sourceError('the row could not be read', index, { cause })
}

/**
 * A getter in place of an element, or a proxy.
 * @param {unknown} cause
 * @param {number} index
 */
function unreadable(cause, index) {
  return sourceError(`the array could not be read: ${reason(cause)}`, index, { cause })
}

module.exports = { Packer }
