'use strict'

const { Readable } = require('node:stream')
const { HIGH_WATER_MARK, Outlet } = require('./outlet.js')

/** The bytes of an export. Its reader's pace is the export's, and destroying it ends the export. */
class ExportStream extends Readable {
  constructor() {
    super({ highWaterMark: HIGH_WATER_MARK })
    this.outlet = new Outlet(this)
  }

  get summary() {
    return this.outlet.summary
  }

  /** @override */
  _read() {
    this.outlet.resume()
  }

  /**
   * @override
   * @param {Error | null} error
   * @param {(error?: Error | null) => void} callback
   */
  _destroy(error, callback) {
    this.outlet.close(error)
    callback(error)
  }
}

/** @typedef {InstanceType<typeof ExportStream>} Stream */

module.exports = { ExportStream }
