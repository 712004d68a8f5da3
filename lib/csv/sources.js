'use strict'

// Where rows come from. Every source is asked for rows and answers at once: with some, with END, or with WAIT, after
// which it calls `wake` when there is more to say.

const { Readable } = require('node:stream')
const { OffloopError, argumentError } = require('../errors.js')
const check = require('../check.js')
const { isColumnSource } = require('./column-packer.js')
const { reason, sourceError } = require('./errors.js')

const END = Symbol('end')
const WAIT = Symbol('wait')

/** Rows of an asynchronous source that wait to be packed. */
const AHEAD = 256
/** Rows that are taken from a stream together. */
const AT_ONCE = 64
/** How long an asynchronous iterator that answers at once is asked again without a break, in milliseconds. */
const ASKING_MS = 1

/**
 * A source of which several rows are at hand at once.
 * @typedef {object} RowSource
 * @property {() => number | typeof END | typeof WAIT} look how many there are in `rows`, from `next` on; throws an
 *   OffloopError when the source fails
 * @property {ArrayLike<unknown>} rows
 * @property {number} next set to the first that is left by whoever takes rows
 * @property {() => void} [check] throws if the rows changed while they were taken
 * @property {() => void} close gives up: `return()` of the iterator, `destroy()` of the stream. Never throws.
 */
/** @typedef {'array' | 'iterable' | 'async' | 'readable' | 'columns' | 'written'} Kind written: to a Transform, see transform.js */

const expected = 'an array, an iterable or async iterable of rows, an object-mode Readable, or { columns }'

/**
 * What kind of source this is. Does not start it.
 * @param {string} name
 * @param {any} source
 * @returns {Kind}
 */
function classify(name, source) {
  if (source === null || typeof source !== 'object') throw check.typeError(name, expected, source)
  let kind
  try {
    kind = kindOf(source)
  } catch (cause) {
    throw argumentError('TypeError', `${name} could not be read`, { cause })
  }
  if (kind === 'bytes') {
    throw argumentError('TypeError', `${name} must be a Readable in object mode, a row a chunk; got one of bytes`)
  }
  if (kind === undefined) throw check.typeError(name, expected, source)
  return kind
}

/**
 * @param {any} source
 * @returns {Kind | 'bytes' | undefined}
 */
function kindOf(source) {
  if (Array.isArray(source)) return 'array'
  const stream = typeof source.read === 'function' && typeof source.on === 'function' && typeof source.pipe === 'function'
  if (source instanceof Readable || stream) {
    // Streams of the readable-stream package before 3.0 tell in their state only.
    const objects = source.readableObjectMode ?? source._readableState?.objectMode
    return objects === false ? 'bytes' : 'readable'
  }
  if (typeof source[Symbol.asyncIterator] === 'function') return 'async'
  if (typeof source[Symbol.iterator] === 'function') return 'iterable'
  if (isColumnSource(source)) return 'columns'
  return undefined
}

/**
 * @param {Kind} kind
 * @param {any} source
 * @param {() => void} wake
 * @param {() => number} now
 * @returns {RowSource | IterableRows}
 */
function openSource(kind, source, wake, now) {
  try {
    return open(kind, source, wake, now)
  } catch (cause) {
    if (cause instanceof OffloopError) throw cause
    throw sourceError(`the rows could not be read: ${reason(cause)}`, 0, { cause })
  }
}

/**
 * @param {Kind} kind
 * @param {any} source
 * @param {() => void} wake
 * @param {() => number} now
 * @returns {RowSource | IterableRows}
 */
function open(kind, source, wake, now) {
  switch (kind) {
    case 'array':
      return new ArrayRows(source)
    case 'iterable':
      return new IterableRows(source)
    case 'async':
      return new AsyncRows(source, wake, now)
    case 'readable':
      return new StreamRows(source, wake)
    case 'written':
      return source.open(wake)
    case 'columns':
      throw new TypeError('columns are no rows')
  }
}

class ArrayRows {
  /** @param {unknown[]} rows */
  constructor(rows) {
    this.rows = rows
    this.length = rows.length
    this.next = 0
  }

  look() {
    this.check()
    return this.next === this.length ? END : this.length - this.next
  }

  /** Throws if the array is not as long any more as it was. */
  check() {
    let length
    try {
      ;({ length } = this.rows)
    } catch (cause) {
      throw sourceError(`the array could not be read: ${reason(cause)}`, this.next, { cause })
    }
    if (length !== this.length) {
      throw sourceError(`the array had ${this.length} rows at first and has ${length} now; export a copy of it`, this.next)
    }
  }

  close() {}
}

/** Columns, of which the packer does the reading. */
class ColumnRows {
  /** @param {InstanceType<typeof import('./column-packer.js').ColumnPacker>} packer */
  constructor(packer) {
    this.packer = packer
    this.rows = []
    this.next = 0
  }

  look() {
    return this.next === this.packer.length ? END : this.packer.length - this.next
  }

  check() {
    this.packer.check()
  }

  close() {}
}

/** Rows that are taken one by one: a generator may give the same object each time, with other contents. */
class IterableRows {
  /** @param {Iterable<unknown>} source */
  constructor(source) {
    this.taken = 0
    this.done = false
    this.iterator = startIterator(source, Symbol.iterator)
  }

  /** @returns {unknown} a row, which is none if the source is `done` then */
  take() {
    let result
    try {
      result = this.iterator.next()
      checkResult(result)
      if (!result.done) {
        const row = result.value
        this.taken++
        return row
      }
    } catch (cause) {
      // An iterator that throws has ended; as in a for-of loop, it is not told to return.
      this.done = true
      throw sourceError(`the iterator of the rows failed: ${reason(cause)}`, this.taken, { cause })
    }
    this.done = true
    return undefined
  }

  /**
   * @param {unknown} result of the iterator's next(), which is no object
   * @returns {never}
   */
  refuse(result) {
    checkResult(result)
    throw new TypeError('unreachable')
  }

  close() {
    if (this.done) return
    this.done = true
    try {
      this.iterator.return?.()
    } catch {
      // The export has failed already, for another reason.
    }
  }
}

class AsyncRows {
  /**
   * @param {AsyncIterable<unknown>} source
   * @param {() => void} wake
   * @param {() => number} now
   */
  constructor(source, wake, now) {
    this.wake = wake
    this.now = now
    /** @type {unknown[]} */
    this.rows = []
    this.next = 0
    this.taken = 0
    this.done = false
    this.asking = false
    this.waiting = false
    this.askedSince = 0
    /** @type {Error | undefined} */
    this.failure = undefined
    this.iterator = startIterator(source, Symbol.asyncIterator)
    this.received = this.received.bind(this)
    this.refused = this.refused.bind(this)
  }

  look() {
    const { rows } = this
    if (this.next > 0) {
      this.taken += this.next
      rows.splice(0, this.next)
      this.next = 0
    }
    // Also before it ends: an iterator that throws instead of rejecting fails within the call.
    this.ask()
    if (rows.length > 0) return rows.length
    if (this.failure !== undefined) throw this.failure
    if (this.done) return END
    this.waiting = true
    return WAIT
  }

  close() {
    this.rows.length = 0
    this.next = 0
    if (this.done) return
    this.done = true
    try {
      // Not waited for, and it may fail: the export has failed already, for another reason.
      Promise.resolve(this.iterator.return?.()).catch(() => {})
    } catch {
      // The same.
    }
  }

  /** @private */
  ask() {
    if (this.asking || this.done || this.rows.length - this.next >= AHEAD) return
    this.askedSince = this.now()
    this.askOnce()
  }

  /** @private */
  askOnce() {
    this.asking = true
    try {
      Promise.resolve(this.iterator.next()).then(this.received, this.refused)
    } catch (cause) {
      this.refused(cause)
    }
  }

  /**
   * @private
   * @param {IteratorResult<unknown>} result
   */
  received(result) {
    this.asking = false
    if (this.done) return
    try {
      checkResult(result)
      if (result.done) this.done = true
      else this.rows.push(result.value)
    } catch (cause) {
      return this.refused(cause)
    }
    const more = !this.done && this.rows.length - this.next < AHEAD
    // An iterator that answers at once would keep the loop to itself. Whoever takes a row asks again.
    if (more && this.now() - this.askedSince < ASKING_MS) this.askOnce()
    this.tell()
  }

  /**
   * @private
   * @param {unknown} cause
   */
  refused(cause) {
    this.asking = false
    if (this.done) return
    this.done = true
    // Those before `next` are still in `rows`, and not yet counted as taken.
    const row = this.taken + this.rows.length
    this.failure = sourceError(`the iterator of the rows failed: ${reason(cause)}`, row, { cause })
    this.tell()
  }

  /** @private */
  tell() {
    if (!this.waiting) return
    this.waiting = false
    this.wake()
  }
}

class StreamRows {
  /**
   * @param {Readable} stream
   * @param {() => void} wake
   */
  constructor(stream, wake) {
    this.stream = stream
    /** @type {unknown[]} */
    this.rows = []
    this.next = 0
    this.taken = 0
    this.ended = false
    this.closed = false
    this.waiting = false
    /** @type {Error | undefined} */
    this.failure = undefined

    this.tell = () => {
      if (!this.waiting) return
      this.waiting = false
      wake()
    }
    this.onEnd = () => {
      this.ended = true
      this.tell()
    }
    /** @param {unknown} cause */
    this.onError = (cause) => {
      this.failure ??= sourceError(`the stream of the rows failed: ${reason(cause)}`, this.taken, { cause })
      this.tell()
    }
    this.onClose = () => {
      if (!this.ended) this.failure ??= sourceError('the stream of the rows was closed before its end', this.taken)
      this.tell()
    }
    if (stream.errored) this.onError(stream.errored)
    else if (stream.readableEnded) this.failure = sourceError('the stream of the rows was read to its end before the export', 0)
    else if (stream.destroyed) this.onClose()
    stream.on('end', this.onEnd)
    stream.on('error', this.onError)
    stream.on('close', this.onClose)
    stream.on('readable', this.tell)
  }

  look() {
    const { rows } = this
    rows.splice(0, this.next)
    this.next = 0
    while (rows.length < AT_ONCE && this.failure === undefined) {
      let row
      try {
        row = this.stream.read()
      } catch (cause) {
        this.failure = sourceError(`the stream of the rows failed: ${reason(cause)}`, this.taken, { cause })
        break
      }
      if (row === null) break
      this.taken++
      rows.push(row)
    }
    if (rows.length > 0) return rows.length
    if (this.failure !== undefined) throw this.failure
    if (this.ended) {
      this.unlisten()
      return END
    }
    this.waiting = true
    return WAIT
  }

  close() {
    if (this.closed) return
    this.unlisten()
    // What it still has to say, nobody wants to hear; unheard, its error would end the process.
    this.stream.on('error', () => {})
    try {
      this.stream.destroy()
    } catch {
      // The export has failed already, for another reason.
    }
  }

  /** @private */
  unlisten() {
    this.closed = true
    this.stream.off('end', this.onEnd)
    this.stream.off('error', this.onError)
    this.stream.off('close', this.onClose)
    this.stream.off('readable', this.tell)
  }
}

/**
 * @template {typeof Symbol.iterator | typeof Symbol.asyncIterator} S
 * @param {any} source
 * @param {S} symbol
 * @returns {S extends typeof Symbol.iterator ? Iterator<unknown> : AsyncIterator<unknown>}
 */
function startIterator(source, symbol) {
  try {
    const iterator = source[symbol]()
    if (iterator !== null && typeof iterator === 'object' && typeof iterator.next === 'function') return iterator
  } catch (cause) {
    throw sourceError(`the rows could not be iterated: ${reason(cause)}`, 0, { cause })
  }
  throw sourceError('the rows could not be iterated: their iterator has no next()', 0)
}

/** @param {unknown} result */
function checkResult(result) {
  if (result === null || typeof result !== 'object') {
    throw new TypeError(`next() of the iterator must answer an object; got ${check.describe(result)}`)
  }
}

module.exports = { END, WAIT, ColumnRows, IterableRows, classify, openSource }
