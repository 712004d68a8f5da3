'use strict'

const { Readable } = require('node:stream')

/** @typedef {InstanceType<typeof import('./export.js').Export>} Export */
/** @typedef {{ rows: number, bytes: number, sha256: string, longestBlockMs: number }} Summary */

/** Bytes that wait for the reader: a few batches, so that packing and reading overlap. */
const HIGH_WATER_MARK = 1024 * 1024

/** The bytes of an export. Its reader's pace is the export's, and destroying it ends the export. */
class ExportStream extends Readable {
  constructor() {
    super({ highWaterMark: HIGH_WATER_MARK })
    /** Whether the reader has enough for now. */
    this.full = false
    /** @type {Export | undefined} */
    this.running = undefined
    /** @type {Promise<Summary>} */
    this.summary = new Promise(() => {})
  }

  /** @param {Export} running whose bytes these are */
  follow(running) {
    this.running = running
    this.summary = running.result.then(({ rows, bytes, sha256, longestBlockMs }) => ({
      rows,
      bytes,
      sha256,
      longestBlockMs
    }))
    this.summary.then(
      () => this.push(null),
      (error) => this.destroy(error)
    )
  }

  /** @param {unknown} error why there is no export to follow */
  refuse(error) {
    this.summary = Promise.reject(error)
    // Who does not look at the summary hears of it from the stream.
    this.summary.catch(() => {})
    this.destroy(/** @type {Error} */ (error))
  }

  /** @param {Buffer} chunk */
  give(chunk) {
    try {
      if (!this.push(chunk)) this.full = true
    } catch (error) {
      // Thrown by a listener, who is to hear of it as ever; the caller here is the native side.
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** @override */
  _read() {
    this.full = false
    this.running?.resume()
  }

  /**
   * @override
   * @param {Error | null} error
   * @param {(error?: Error | null) => void} callback
   */
  _destroy(error, callback) {
    this.running?.fail(error ?? aborted())
    callback(error)
  }
}

/** What Node's own functions reject with when they are given up on. */
function aborted() {
  const error = new Error('The export was given up: its stream was destroyed before the end')
  error.name = 'AbortError'
  return Object.assign(error, { code: 'ABORT_ERR' })
}

/** @typedef {InstanceType<typeof ExportStream>} Stream */

module.exports = { ExportStream }
