'use strict'

// Between an export and the stream that its bytes go out of: the reader's pace is the export's, and either ends the
// other.


/** @typedef {InstanceType<typeof import('./export.js').Export>} Export */
/** @typedef {{ rows: number, bytes: number, sha256: string, longestBlockMs: number }} Summary */

/** Bytes that wait for the reader: a few batches, so that packing and reading overlap. */
const HIGH_WATER_MARK = 1024 * 1024

class Outlet {
  /** @param {import('node:stream').Readable} stream */
  constructor(stream) {
    this.stream = stream
    /** Whether the reader has enough for now. */
    this.full = false
    this.settled = false
    /** @type {Export | undefined} */
    this.running = undefined
    /** @type {(summary: Summary) => void} */
    this.resolve = () => {}
    /** @type {(error: unknown) => void} */
    this.reject = () => {}
    /** @type {Promise<Summary>} */
    this.summary = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Who does not look at the summary hears of a failure from the stream.
    this.summary.catch(() => {})
  }

  /**
   * @param {(outlet: this) => Export} open starts the export whose bytes these are; throws why there is none
   * @param {() => void} [ended] all bytes have been given. Default: the stream's end.
   */
  start(open, ended = () => this.stream.push(null)) {
    try {
      this.running = open(this)
    } catch (error) {
      this.reject(error)
      this.stream.destroy(/** @type {Error} */ (error))
      return
    }
    this.running.result.then(
      ({ rows, bytes, sha256, longestBlockMs }) => {
        this.resolve({ rows, bytes, sha256, longestBlockMs })
        ended()
      },
      (error) => {
        this.reject(error)
        this.stream.destroy(error)
      }
    )
  }

  /** @param {Buffer} chunk */
  give(chunk) {
    try {
      if (!this.stream.push(chunk)) this.full = true
    } catch (error) {
      // Thrown by a listener, who is to hear of it as ever; the caller here is the native side.
      process.nextTick(() => {
        throw error
      })
    }
  }

  /** The reader has room again. */
  resume() {
    this.full = false
    this.running?.resume()
  }

  /** @param {Error | null} error what the stream was destroyed with */
  close(error) {
    const reason = error ?? aborted()
    this.reject(reason)
    this.running?.fail(reason)
  }
}

/** What Node's own functions reject with when they are given up on. */
function aborted() {
  const error = new Error('The export was given up: its stream was destroyed before the end')
  error.name = 'AbortError'
  return Object.assign(error, { code: 'ABORT_ERR' })
}

module.exports = { Outlet, HIGH_WATER_MARK }
