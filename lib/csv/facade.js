'use strict'

// exportCsv, exportCsvStream, exportCsvFile and createCsvTransform over whatever opens the native session.

const path = require('node:path')
const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { Export } = require('./export.js')
const { exportOptions } = require('./options.js')
const { packSmall } = require('./small.js')
const { classify } = require('./sources.js')
const { ExportStream } = require('./stream.js')
const { CsvTransform } = require('./transform.js')

/** @typedef {import('./outlet.js').Summary} Summary */
/** @typedef {import('./options.js').Output} Output */
/**
 * @template J
 * @typedef {object} Native
 * @property {(request: { destination: 'buffer' | 'stream' | 'file', path?: string, job: J } & Output) => import('./export.js').Session} openExport
 * @property {(job: J) => boolean} mayFormatNow
 * @property {(slab: import('./export.js').Slab, names: readonly string[], header: string[] | undefined, style: import('./options.js').Style, job: J) => Buffer} formatNow
 * @property {(name: string, copy: Record<string, unknown>, lane: 'bulk') => J} jobOptions
 * @property {readonly string[]} jobOptionNames
 * @property {import('./export.js').Scheduler} scheduler
 */

/**
 * @template J
 * @param {Native<J>} native
 */
function createFacade({ openExport, mayFormatNow, formatNow, jobOptions, jobOptionNames, scheduler }) {
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
    const { kind, source, settings, style, compress, verify, job } = prepare(rows, options)
    let begun
    if (kind === 'array' && compress.kind === 'none' && !verify && mayFormatNow(job)) {
      begun = packSmall(/** @type {unknown[]} */ (source), settings.columns, settings.header)
      if (begun !== undefined && begun.rows === /** @type {unknown[]} */ (source).length) {
        try {
          return formatNow(begun.packer.slab, begun.packer.names, begun.header, style, job)
        } finally {
          begun.packer.release()
        }
      }
    }
    const session = openExport({ destination: 'buffer', style, compress, verify, job })
    const { data } = await new Export({ session, kind, source, settings, scheduler, begun }).result
    return /** @type {Buffer} */ (data)
  }

  /**
   * @param {unknown} rows
   * @param {unknown} file
   * @param {unknown} [options]
   * @returns {Promise<Summary>}
   */
  async function exportCsvFile(rows, file, options) {
    const { kind, source, settings, style, compress, verify, job } = prepare(rows, options)
    const session = openExport({ destination: 'file', path: filePath(file), style, compress, verify, job })
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
    const { kind, source, settings, style, compress, verify, job } = prepare(rows, options)
    const stream = new ExportStream()
    stream.outlet.start((sink) => {
      const session = openExport({ destination: 'stream', style, compress, verify, job })
      return new Export({ session, kind, source, settings, scheduler, sink })
    })
    return stream
  }

  /**
   * Wrong arguments throw; an export that cannot be started destroys the stream.
   * @param {unknown} [options]
   * @returns {import('./transform.js').Stream}
   */
  function createCsvTransform(options) {
    const { settings, style, compress, verify, job } = exportOptions(options, jobOptionNames, jobOptions)
    return new CsvTransform((source, sink) => {
      const session = openExport({ destination: 'stream', style, compress, verify, job })
      return new Export({ session, kind: 'written', source, settings, scheduler, sink })
    })
  }

  return { exportCsv, exportCsvStream, exportCsvFile, createCsvTransform }
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
