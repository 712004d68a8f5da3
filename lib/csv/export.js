'use strict'

// One running export: rows from a source, through a packer, to the native session that formats them.

const { AsyncResource } = require('node:async_hooks')
const { isPromise } = require('node:util/types')
const { checkFirst, columnsOf, firstOf, isArray } = require('./first-row.js')
const { ColumnPacker } = require('./column-packer.js')
const { Packer } = require('./packer.js')
const { END, ColumnRows, IterableRows, openSource } = require('./sources.js')

/** @typedef {import('./columns.js').Column} Column */
/** @typedef {InstanceType<typeof import('./packer.js').Packer>} RowPacker */
/** @typedef {RowPacker | InstanceType<typeof import('./column-packer.js').ColumnPacker>} AnyPacker */
/** @typedef {InstanceType<typeof import('./slab.js').Slab>} Slab */
/** @typedef {InstanceType<typeof import('./scheduler.js').Scheduler>} Scheduler */
/**
 * The native side of an export.
 * @typedef {object} Session
 * @property {(slab: Slab, first: number) => void} push copies the rows of the slab, the first of which is that of
 *   the source
 * @property {(slab: Slab, first: number, typed: Array<Uint8Array | null>, kinds: Int8Array) => void} pushColumns the same,
 *   with the columns that are typed arrays beside it
 * @property {(names: string[]) => void} pushHeader
 * @property {() => void} finish no more batches
 * @property {(error: unknown) => void} cancel
 * @property {number} pending batches pushed whose bytes have not reached the destination
 * @property {number} maxPending
 * @property {boolean} [failed]
 * @property {readonly string[]} names of the columns, for errors; set by the export
 * @property {((rows: number, bytes: number, chunk?: Buffer) => void) | undefined} onBatch
 * @property {Promise<{ rows: number, bytes: number, sha256: string, data?: Buffer }>} done
 */
/**
 * What became of an export.
 * @typedef {object} Outcome
 * @property {number} rows of the source
 * @property {number} bytes
 * @property {string} sha256
 * @property {number} longestBlockMs
 * @property {Buffer} [data]
 */
/**
 * @typedef {object} Settings
 * @property {Column[] | undefined} columns
 * @property {boolean} header
 * @property {number} maxBlockMs
 * @property {((progress: { rows: number, bytes: number }) => unknown) | undefined} onProgress
 */
/**
 * Where the chunks of an export to a stream go.
 * @typedef {object} Sink
 * @property {boolean} full whether the reader has enough for now
 * @property {(chunk: Buffer) => void} give
 */

/** Rows between two looks at the clock, and how long they should take, in milliseconds. */
const MAX_STRIDE = 64
const LONG_STRIDE_MS = 0.1
const SHORT_STRIDE_MS = 0.04

const PROGRESS_MS = 100

class Export {
  /**
   * Starts it. `result` settles when it ends.
   * @param {object} parts
   * @param {Session} parts.session
   * @param {import('./sources.js').Kind} parts.kind
   * @param {unknown} parts.source
   * @param {Settings} parts.settings
   * @param {Scheduler} parts.scheduler
   * @param {Sink} [parts.sink]
   * @param {import('./small.js').Packed} [parts.begun] rows of the source that are packed already
   */
  constructor({ session, kind, source, settings, scheduler, sink, begun }) {
    this.session = session
    this.settings = settings
    this.scheduler = scheduler
    this.sink = sink
    this.maxBlockMs = settings.maxBlockMs
    // The caller's functions see the async context of their call, never that of another export.
    this.context = new AsyncResource('OffloopCsvExport')

    /** @type {AnyPacker | undefined} */
    this.packer = undefined
    /** @type {import('./sources.js').RowSource | InstanceType<typeof IterableRows> | undefined} */
    this.rows = undefined
    /** Rows packed, once there is no packer any more. */
    this.index = 0
    this.waiting = false
    this.packing = false
    /** Every row is packed, or the export has failed. */
    this.stopped = false
    this.settled = false
    this.stride = 1
    this.pushMs = 0
    this.longestBlockMs = 0

    this.headerUnseen = false
    this.rowsOut = 0
    this.bytesOut = 0
    this.progressAt = scheduler.now() + PROGRESS_MS

    /** @type {(outcome: Outcome) => void} */
    this.resolve = () => {}
    /** @type {(error: unknown) => void} */
    this.reject = () => {}
    /** @type {Promise<Outcome>} */
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })

    session.onBatch = (rows, bytes, chunk) => this.written(rows, bytes, chunk)
    session.done.then(
      (summary) => this.succeed(summary),
      (error) => this.fail(error)
    )
    this.context.runInAsyncScope(this.start, this, kind, source, begun)
  }

  /**
   * @private
   * @param {import('./sources.js').Kind} kind
   * @param {unknown} source
   * @param {import('./small.js').Packed} [begun]
   */
  start(kind, source, begun) {
    const { columns, header } = this.settings
    const wake = () => {
      this.waiting = false
      this.scheduler.wake()
    }
    try {
      if (kind === 'columns') {
        const packer = new ColumnPacker(/** @type {any} */ (source).columns, columns)
        this.rows = new ColumnRows(packer)
        this.packer = packer
        if (header) this.pushHeader(packer.columns)
        this.scheduler.add(this)
        return
      }
      this.rows = openSource(kind, source, wake, this.scheduler.now)
      if (begun !== undefined) {
        const source = /** @type {import('./sources.js').RowSource} */ (this.rows)
        source.next = begun.rows
        this.packer = begun.packer
      }
      // With columns of its own there is a header though there be no row. Who packs is known with the first.
      const named = columns ?? begun?.packer.columns
      if (header && named !== undefined && (columns !== undefined || begun?.header !== undefined)) this.pushHeader(named)
    } catch (error) {
      this.fail(error)
      return
    }
    this.scheduler.add(this)
  }

  /** Whether there is something to pack, and room for it. */
  get ready() {
    const { session, sink } = this
    return (
      !this.stopped && !this.waiting && session.pending < session.maxPending && session.failed !== true && sink?.full !== true
    )
  }

  /**
   * Packs until then.
   * @param {number} until
   */
  run(until) {
    const { now } = this.scheduler
    const began = now()
    this.packing = true
    try {
      this.context.runInAsyncScope(this.pack, this, until)
    } catch (error) {
      this.fail(error)
    }
    this.packing = false
    // A row's getter, say, may have ended the export while its source was in the middle of a row.
    if (this.settled) this.rows?.close()
    if (this.stopped) this.release()
    this.longestBlockMs = Math.max(this.longestBlockMs, now() - began)
  }

  /**
   * @private
   * @param {number} until
   */
  pack(until) {
    const { now } = this.scheduler
    let time = now()
    let idle = true
    while (this.ready) {
      if (this.packer?.full) {
        // Handing over is part of the slice: what does not fit waits for the next, but not for ever.
        if (!idle && until - time < this.pushMs) return
        this.push()
      } else if (!this.packRows()) {
        return
      }
      idle = false
      const later = now()
      if (later >= until) return
      time = later
    }
  }

  /**
   * Packs rows up to the next look at the clock.
   * @private
   * @returns {boolean} whether there may be more now
   */
  packRows() {
    const { now } = this.scheduler
    const began = now()
    const rows = /** @type {NonNullable<Export['rows']>} */ (this.rows)
    if (!(rows instanceof IterableRows ? this.packFrom(rows) : this.packSome(rows))) return false
    const took = now() - began
    if (took > LONG_STRIDE_MS) this.stride = Math.max(1, this.stride >> 1)
    else if (took < SHORT_STRIDE_MS) this.stride = Math.min(MAX_STRIDE, this.stride << 1)
    return true
  }

  /**
   * @private
   * @param {import('./sources.js').RowSource} source
   */
  packSome(source) {
    const count = source.look()
    // The source's own code has run, and may have ended the export.
    if (this.stopped) return false
    if (count === END) {
      this.end()
      return false
    }
    if (typeof count !== 'number') {
      this.wait()
      return false
    }
    const from = source.next
    const packer = this.packer ?? this.begin(firstOf(source.rows, from))
    try {
      source.next = packer.addRows(source.rows, from, from + Math.min(this.stride, count))
    } catch (error) {
      // A row that is none may be one that is gone.
      source.check?.()
      throw error
    }
    return !this.stopped
  }

  /**
   * @private
   * @param {InstanceType<typeof IterableRows>} source
   */
  packFrom(source) {
    if (this.packer !== undefined) {
      /** @type {RowPacker} */ (this.packer).addFrom(source, this.stride)
    } else {
      const row = source.take()
      if (this.stopped) return false
      if (!source.done) this.begin(row).addRow(row)
    }
    if (this.stopped) return false
    if (source.done) this.end()
    return !source.done
  }

  /**
   * @private
   * @param {any} row the first
   * @returns {RowPacker}
   */
  begin(row) {
    checkFirst(row)
    const { columns, header } = this.settings
    if (columns !== undefined) return (this.packer = new Packer(columns, { arrays: isArray(row) }))
    const found = columnsOf(row)
    if (header && found.named) this.pushHeader(found.columns)
    return (this.packer = new Packer(found.columns, { arrays: !found.named, strict: found.named }))
  }

  /**
   * @private
   * @param {readonly Column[]} columns
   */
  pushHeader(columns) {
    this.headerUnseen = true
    this.session.names = columns.map(({ name }) => name)
    this.session.pushHeader(columns.map(({ header }) => header))
  }

  /** @private */
  push() {
    const { packer, scheduler } = this
    if (packer === undefined || packer.slab.rows === 0) return
    const began = scheduler.now()
    this.session.names = packer.names
    packer.push(this.session)
    packer.clear()
    this.pushMs = scheduler.now() - began
  }

  /**
   * The source has no row yet. A reader that waits gets what there is; a file has time.
   * @private
   */
  wait() {
    this.waiting = true
    if (this.sink !== undefined && this.session.pending === 0) this.push()
  }

  /** @private */
  end() {
    this.push()
    this.stop()
    this.session.finish()
  }

  /** @private */
  stop() {
    this.stopped = true
    this.scheduler.remove(this)
    // While it packs, a caller's function may have ended the export: `run` releases it on its way out.
    if (!this.packing) this.release()
  }

  /** @private */
  release() {
    if (this.packer === undefined) return
    this.index = this.packer.index
    this.packer.release()
    this.packer = undefined
  }

  /**
   * The bytes of a batch have reached their destination.
   * @private
   * @param {number} rows
   * @param {number} bytes
   * @param {Buffer} [chunk]
   */
  written(rows, bytes, chunk) {
    if (this.settled) return
    if (this.headerUnseen) this.headerUnseen = false
    else this.rowsOut += rows
    this.bytesOut += bytes
    this.context.runInAsyncScope(this.report, this, chunk)
    this.scheduler.wake()
  }

  /**
   * @private
   * @param {Buffer} [chunk]
   */
  report(chunk) {
    if (chunk !== undefined) this.sink?.give(chunk)
    const { onProgress } = this.settings
    if (onProgress === undefined || this.settled) return
    const now = this.scheduler.now()
    if (now < this.progressAt) return
    this.progressAt = now + PROGRESS_MS
    try {
      const answer = onProgress({ rows: this.rowsOut, bytes: this.bytesOut })
      if (isPromise(answer)) answer.catch((error) => this.fail(error))
    } catch (error) {
      this.fail(error)
    }
  }

  /** The reader of a stream has room again. */
  resume() {
    if (!this.stopped) this.scheduler.wake()
  }

  /**
   * @private
   * @param {{ bytes: number, sha256: string, data?: Buffer }} summary
   */
  succeed({ bytes, sha256, data }) {
    if (this.settled) return
    this.settled = true
    this.resolve({ rows: this.index, bytes, sha256, longestBlockMs: this.longestBlockMs, data })
  }

  /**
   * Ends the export and its source, unless it has ended.
   * @param {unknown} error
   */
  fail(error) {
    if (this.settled) return
    this.settled = true
    this.stop()
    this.reject(error)
    this.session.cancel(error)
    // A generator cannot return while it runs: `run` closes it on its way out.
    if (!this.packing) this.context.runInAsyncScope(() => this.rows?.close())
  }
}

module.exports = { Export }
