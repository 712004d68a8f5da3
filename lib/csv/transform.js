'use strict'

// Rows in, bytes out: an export whose rows are written to it.

const { AsyncResource } = require('node:async_hooks')
const { Transform } = require('node:stream')
const { HIGH_WATER_MARK, Outlet } = require('./outlet.js')
const { END, WAIT } = require('./sources.js')

/** @typedef {(error?: Error | null) => void} Callback */
/** @typedef {import('./sources.js').RowSource} RowSource */

/** Rows that wait here to be packed, and as many again in the stream before it has its writer wait. */
const AHEAD = 256

/** The rows that were written and are not packed yet. */
class WrittenRows {
  constructor() {
    /** @type {unknown[]} */
    this.rows = []
    this.next = 0
    this.ended = false
    this.waiting = false
    /** @type {Callback | undefined} the writer's, while there is no room */
    this.held = undefined
    this.wake = () => {}
  }

  /** @param {() => void} wake */
  open(wake) {
    this.wake = wake
    return this
  }

  /**
   * @param {Callback} callback told when there is room for more
   */
  added(callback) {
    if (this.rows.length - this.next < AHEAD) callback()
    else this.held = callback
    this.tell()
  }

  end() {
    this.ended = true
    this.tell()
  }

  look() {
    const { rows } = this
    if (this.next > 0) {
      rows.splice(0, this.next)
      this.next = 0
    }
    if (rows.length < AHEAD) this.release()
    if (rows.length > 0) return rows.length
    if (this.ended) return END
    this.waiting = true
    return WAIT
  }

  /** Nobody takes rows any more. */
  close() {
    this.rows = []
    this.next = 0
  }

  /** @param {Error | null} [error] */
  release(error) {
    const { held } = this
    this.held = undefined
    held?.(error)
  }

  /** @private */
  tell() {
    if (!this.waiting) return
    this.waiting = false
    this.wake()
  }
}

class CsvTransform extends Transform {
  /**
   * @param {(source: InstanceType<typeof WrittenRows>, sink: import('./export.js').Sink) => InstanceType<typeof import('./export.js').Export>} open
   *   starts the export; throws why there is none
   */
  constructor(open) {
    super({ writableObjectMode: true, writableHighWaterMark: AHEAD, readableHighWaterMark: HIGH_WATER_MARK })
    this.outlet = new Outlet(this)
    this.source = new WrittenRows()
    /** @type {Callback | undefined} */
    this.flushed = undefined
    const start = () => this.outlet.start((sink) => open(this.source, sink), () => this.flushed?.())
    /**
     * Starts the export, once. One that is never used is no job, and nothing that keeps the process alive. The caller's
     * functions see the async context of the one who made this.
     * @type {(() => void) | undefined}
     */
    this.start = AsyncResource.bind(start)
  }

  get summary() {
    return this.outlet.summary
  }

  /** @private */
  begin() {
    const { start } = this
    this.start = undefined
    start?.()
  }

  /**
   * @override
   * @param {unknown} row
   * @param {BufferEncoding} _encoding
   * @param {Callback} callback
   */
  _write(row, _encoding, callback) {
    this.begin()
    this.source.rows.push(row)
    this.source.added(callback)
  }

  /**
   * @override
   * @param {{ chunk: unknown }[]} chunks
   * @param {Callback} callback
   */
  _writev(chunks, callback) {
    for (const { chunk } of chunks) this.source.rows.push(chunk)
    this.source.added(callback)
  }

  /**
   * @override
   * @param {Callback} callback
   */
  _flush(callback) {
    this.begin()
    this.flushed = callback
    this.source.end()
  }

  /** @override */
  _read() {
    this.begin()
    this.outlet.resume()
  }

  /**
   * @override
   * @param {Error | null} error
   * @param {Callback} callback
   */
  _destroy(error, callback) {
    this.start = undefined
    this.outlet.close(error)
    this.source.close()
    // The writer's own callback is called in any case.
    this.source.release(error)
    callback(error)
  }
}

/** @typedef {InstanceType<typeof CsvTransform>} Stream */

module.exports = { CsvTransform }
