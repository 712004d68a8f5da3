'use strict'

// The CSV writers. Each turns an array of objects into the bytes that would be sent: RFC 4180, a header line, CRLF.
// Each is called in the fastest of the ways that its documentation has.

const { pipeline } = require('node:stream/promises')
const { Readable, Writable } = require('node:stream')
const bytes = require('./generated-bytes.js')
const texts = require('./generated-writer.js')

/** @typedef {(rows: object[]) => Promise<Buffer>} Writer */

const stringifyOptions = {
  header: true,
  record_delimiter: '\r\n',
  cast: { boolean: String, date: (/** @type {Date} */ value) => value.toISOString() }
}

/**
 * fast-csv's options for rows like this one. Rows that it gets as arrays are faster than objects, and dates, which it
 * would print for people, are texts already.
 * @param {Record<string, unknown>} row
 */
function formatOptions(row) {
  const headers = Object.keys(row)
  const cells = headers.map((key) => `row[${JSON.stringify(key)}]${row[key] instanceof Date ? '.toISOString()' : ''}`)
  const transform = /** @type {(row: any) => unknown[]} */ (new Function('row', `return [${cells.join(', ')}]`))
  return { headers, transform, rowDelimiter: '\r\n', includeEndRowDelimiter: true }
}

/**
 * csv42's options for rows like this one. Without `fields` it would look through all rows for keys.
 * @param {object} row
 */
function json2csvOptions(row) {
  const { createFormatValue } = require('csv42')
  const format = createFormatValue(',')
  const formatValue = (/** @type {unknown} */ value) => value instanceof Date ? value.toISOString() : format(value)
  const fields = Object.keys(row).map((name) => ({ name, getValue: (/** @type {Record<string, unknown>} */ row) => row[name] }))
  return { eol: '\r\n', fields, formatValue }
}

/**
 * A generated writer, made when it is first asked for such columns.
 * @param {typeof texts.generate} generate
 */
function generated(generate) {
  /** @type {Map<string, ReturnType<typeof generate>>} */
  const made = new Map()
  return (/** @type {Record<string, unknown>[]} */ rows) => {
    const keys = Object.keys(rows[0])
    const id = keys.join()
    let write = made.get(id)
    if (write === undefined) made.set(id, write = generate(keys, rows))
    return write
  }
}

/** @type {Record<string, () => Writer>} loaded only when called */
const writers = {
  offloop: () => {
    const { exportCsv } = require('../..')
    return (rows) => exportCsv(rows)
  },
  'csv-stringify': () => {
    const { stringify } = require('csv-stringify')
    return (rows) => new Promise((resolve, reject) => {
      stringify(rows, stringifyOptions, (error, text) => error ? reject(error) : resolve(Buffer.from(text)))
    })
  },
  'fast-csv': () => {
    const { format } = require('fast-csv')
    return async (/** @type {any[]} */ rows) => {
      /** @type {Buffer[]} */
      const pieces = []
      const out = new Writable({
        write(piece, _encoding, done) {
          pieces.push(piece)
          done()
        }
      })
      await pipeline(Readable.from(rows), format(formatOptions(rows[0])), out)
      return Buffer.concat(pieces)
    }
  },
  csv42: () => {
    const { json2csv } = require('csv42')
    return async (/** @type {any[]} */ rows) => Buffer.from(json2csv(rows, json2csvOptions(rows[0])))
  },
  papaparse: () => {
    const { unparse } = require('papaparse')
    return async (rows) => Buffer.from(unparse(rows, { newline: '\r\n', columns: Object.keys(rows[0]) }))
  },
  'generated JavaScript': () => {
    const writer = generated(texts.generate)
    return async (/** @type {any[]} */ rows) => writer(rows)(rows)
  },
  'generated JavaScript, bytes': () => {
    const writer = generated(bytes.generate)
    return async (/** @type {any[]} */ rows) => writer(rows)(rows)
  }
}

module.exports = { writers, generated, stringifyOptions, formatOptions, json2csvOptions }
