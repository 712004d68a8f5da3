'use strict'

// exportCsv, exportCsvStream and exportCsvFile over whatever opens the native session.

const path = require('node:path')
const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { Export } = require('./export.js')
const { exportOptions } = require('./options.js')
const { classify } = require('./sources.js')
const { ExportStream } = require('./stream.js')

/** @typedef {import('./stream.js').Summary} Summary */
/**
 * @template J
 * @typedef {object} Native
 * @property {(request: { destination: 'buffer' | 'stream' | 'file', path?: string, dialect: import('./options.js').Dialect, job: J }) => import('./export.js').Session} openExport
 * @property {(name: string, copy: Record<string, unknown>, lane: 'bulk') => J} jobOptions
 * @property {readonly string[]} jobOptionNames
 * @property {import('./export.js').Scheduler} scheduler
 */

/**
 * @template J
 * @param {Native<J>} native
 */
function createFacade({ openExport, jobOptions, jobOptionNames, scheduler }) {
  /**
   * @param {unknown} rows
   * @param {unknown} options
   */
  function prepare(rows, options) {
    const kind = classify('rows', rows)
    return { kind, source: rows, ...exportOptions(options, jobOptionNames, jobOptions) }
  }

  /**
   * @param {unknown} rows
   * @param {unknown} [options]
   * @returns {Promise<Buffer>}
   */
  async function exportCsv(rows, options) {
    const { kind, source, settings, dialect, job } = prepare(rows, options)
    const session = openExport({ destination: 'buffer', dialect, job })
    const { data } = await new Export({ session, kind, source, settings, scheduler }).result
    return /** @type {Buffer} */ (data)
  }

  /**
   * @param {unknown} rows
   * @param {unknown} file
   * @param {unknown} [options]
   * @returns {Promise<Summary>}
   */
  async function exportCsvFile(rows, file, options) {
    const { kind, source, settings, dialect, job } = prepare(rows, options)
    const session = openExport({ destination: 'file', path: filePath(file), dialect, job })
    const { rows: count, bytes, sha256, longestBlockMs } = await new Export({ session, kind, source, settings, scheduler })
      .result
    return { rows: count, bytes, sha256, longestBlockMs }
  }

  /**
   * Wrong arguments throw; an export that cannot be started destroys the stream.
   * @param {unknown} rows
   * @param {unknown} [options]
   * @returns {import('./stream.js').Stream}
   */
  function exportCsvStream(rows, options) {
    const { kind, source, settings, dialect, job } = prepare(rows, options)
    const stream = new ExportStream()
    let session
    try {
      session = openExport({ destination: 'stream', dialect, job })
    } catch (error) {
      stream.refuse(error)
      return stream
    }
    stream.follow(new Export({ session, kind, source, settings, scheduler, sink: stream }))
    return stream
  }

  return { exportCsv, exportCsvStream, exportCsvFile }
}

/**
 * @param {unknown} file
 * @returns {string} absolute, because the process may change its folder before the file is opened
 */
function filePath(file) {
  if (typeof file !== 'string') throw check.typeError('path', 'the path of a file, as a string', file)
  if (file === '' || file.includes('\0')) {
    throw argumentError('TypeError', `path must be the path of a file; got ${file === '' ? 'an empty string' : 'one with a NUL in it'}`)
  }
  if (file.endsWith('/') || file.endsWith(path.sep)) {
    throw argumentError('TypeError', "path must be the path of a file; got a folder's, with a separator at its end")
  }
  return path.resolve(file)
}

module.exports = { createFacade }
