'use strict'

// The CSV writers. Each turns an array of objects into the bytes that would be sent: RFC 4180, a header line, CRLF.

const { generate } = require('./generated-writer.js')

/** @typedef {(rows: object[]) => Promise<Buffer>} Writer */

/** @type {Record<string, () => Writer>} loaded only when called */
const writers = {
  offloop: () => {
    const { exportCsv } = require('../..')
    return (rows) => exportCsv(rows)
  },
  'csv-stringify': () => {
    const { stringify } = require('csv-stringify')
    const cast = { boolean: String, date: (/** @type {Date} */ value) => value.toISOString() }
    return (rows) => new Promise((resolve, reject) => {
      stringify(rows, { header: true, record_delimiter: '\r\n', cast }, (error, text) => error ? reject(error) : resolve(Buffer.from(text)))
    })
  },
  'fast-csv': () => {
    const { writeToBuffer } = require('fast-csv')
    const transform = (/** @type {Record<string, unknown>} */ row) => {
      /** @type {Record<string, unknown>} */
      const cells = {}
      for (const key in row) cells[key] = row[key] instanceof Date ? /** @type {Date} */ (row[key]).toISOString() : row[key]
      return cells
    }
    const dates = (/** @type {object[]} */ rows) => Object.values(rows[0]).some((value) => value instanceof Date)
    return (rows) => writeToBuffer(rows, { headers: true, rowDelimiter: '\r\n', includeEndRowDelimiter: true, ...(dates(rows) && { transform }) })
  },
  csv42: () => {
    const { createFormatValue, json2csv } = require('csv42')
    const format = createFormatValue(',')
    const formatValue = (/** @type {unknown} */ value) => value instanceof Date ? value.toISOString() : format(value)
    return async (rows) => {
      const fields = Object.keys(rows[0]).map((name) => ({ name, getValue: (/** @type {Record<string, unknown>} */ row) => row[name] }))
      return Buffer.from(json2csv(rows, { eol: '\r\n', fields, formatValue }))
    }
  },
  papaparse: () => {
    const { unparse } = require('papaparse')
    return async (rows) => Buffer.from(unparse(rows, { newline: '\r\n' }))
  },
  'generated JavaScript': () => {
    /** @type {Map<string, (rows: object[]) => Buffer>} */
    const made = new Map()
    return async (rows) => {
      const keys = Object.keys(rows[0])
      const id = keys.join()
      let write = made.get(id)
      if (write === undefined) made.set(id, write = generate(keys))
      return write(rows)
    }
  }
}

module.exports = { writers }
