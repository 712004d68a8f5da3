'use strict'

// The CSV writers as streams: rows in, as an array or one after the other, chunks of bytes out at their reader's pace.
// Writers of whole texts are given a thousand rows at a time.

const fs = require('node:fs')
const { Readable } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const zlib = require('node:zlib')
const bytes = require('./generated-bytes.js')
const texts = require('./generated-writer.js')
const { writers, generated, stringifyOptions, formatOptions, json2csvOptions } = require('./csv.js')

/** @typedef {(rows: Iterable<any>) => (NodeJS.ReadableStream | NodeJS.ReadWriteStream)[]} Streamer to be a pipeline's beginning */
/** @typedef {(rows: Iterable<any>, file: string) => Promise<unknown>} FileWriter */

const BATCH = 1000

/** @param {Iterable<any>} rows */
function * batches(rows) {
  if (Array.isArray(rows)) {
    for (let i = 0; i < rows.length; i += BATCH) yield rows.slice(i, i + BATCH)
    return
  }
  let batch = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/**
 * A writer of batches as a stream that is a few of them ahead.
 * @param {(batch: any[], first: boolean) => Buffer} write
 * @returns {Streamer}
 */
function byBatch(write) {
  function * chunks(/** @type {Iterable<any>} */ rows) {
    let first = true
    for (const batch of batches(rows)) {
      yield write(batch, first)
      first = false
    }
  }
  return (rows) => [Readable.from(chunks(rows), { highWaterMark: 4 })]
}

/** @type {Record<string, () => Streamer>} loaded only when called */
const streamers = {
  offloop: () => {
    const { exportCsvStream } = require('../..')
    return (rows) => [exportCsvStream(rows)]
  },
  'csv-stringify': () => {
    const { stringify } = require('csv-stringify')
    return (rows) => [Readable.from(rows), stringify(stringifyOptions)]
  },
  'fast-csv': () => {
    const { format } = require('fast-csv')
    return (rows) => {
      const iterator = rows[Symbol.iterator]()
      const first = iterator.next().value
      const all = function * () {
        yield first
        for (let next = iterator.next(); !next.done; next = iterator.next()) yield next.value
      }
      return [Readable.from(all()), format(/** @type {any} */ (formatOptions(first)))]
    }
  },
  csv42: () => {
    const { json2csv } = require('csv42')
    return (rows) => {
      /** @type {ReturnType<typeof json2csvOptions> | undefined} */
      let options
      return byBatch((batch, first) => {
        options ??= json2csvOptions(batch[0])
        return Buffer.from(json2csv(batch, { ...options, header: first }))
      })(rows)
    }
  },
  'generated JavaScript': () => {
    const writer = generated(texts.generate)
    return byBatch((batch, first) => writer(batch)(batch, first))
  },
  'generated JavaScript, bytes': () => {
    const writer = generated(bytes.generate)
    return byBatch((batch, first) => writer(batch)(batch, first))
  }
}

/** On the disk when it is done, as offloop's is. */
function toFile(/** @type {string} */ file) {
  return fs.createWriteStream(file, { highWaterMark: 1 << 20, flush: true })
}

/**
 * @param {string} peer
 * @returns {FileWriter}
 */
function fileWriter(peer) {
  if (peer === 'offloop') {
    const { exportCsvFile } = require('../..')
    return (rows, file) => exportCsvFile(rows, file)
  }
  const stream = streamers[peer]()
  return (rows, file) => pipeline([...stream(rows), toFile(file)])
}

const LEVEL = 6
/** What is added to a peer's name that is piped through `zlib.createGzip`, and that gives all its bytes to `zlib.gzip`. */
const PIPED = ' → createGzip'
const WHOLE = ' + zlib.gzip'

/**
 * @param {string} contender a peer's name with one of these, or offloop
 * @returns {FileWriter}
 */
function gzipWriter(contender) {
  if (contender === 'offloop') {
    const { exportCsvFile } = require('../..')
    return (rows, file) => exportCsvFile(rows, file, /** @type {any} */ ({ compress: { gzip: LEVEL } }))
  }
  if (contender.endsWith(PIPED)) {
    const stream = streamers[contender.slice(0, -PIPED.length)]()
    // Node's chunks of 16 KiB are a turn of the loop each.
    return (rows, file) => pipeline([...stream(rows), zlib.createGzip({ level: LEVEL, chunkSize: 1 << 18 }), toFile(file)])
  }
  const write = writers[contender.slice(0, -WHOLE.length)]()
  return async (rows, file) => {
    const text = await write(/** @type {any[]} */ (rows))
    const packed = await new Promise((resolve, reject) => {
      zlib.gzip(text, { level: LEVEL, chunkSize: 1 << 20 }, (error, data) => error ? reject(error) : resolve(data))
    })
    await pipeline([Readable.from([packed]), toFile(file)])
  }
}

module.exports = { streamers, fileWriter, gzipWriter, PIPED, WHOLE }
