'use strict'

// An export: half a million orders from a generator, as from a database's cursor, into one CSV file.

const { createHash } = require('node:crypto')
const fs = require('node:fs')
const { exportCsvFile } = require('offloop')
const { createJob } = require('./job.js')

const ROWS = 500_000
const NAMES = ['Ada Lovelace', 'Grace Hopper', 'José Ångström', 'Alan Turing', 'Zoë Müller', 'Barbara Liskov']
const CITIES = ['Berlin', 'São Paulo', 'New York, NY', 'Kraków', '東京', 'Nairobi', 'Lyon']
const NOTES = ['', 'call before delivery', 'says "leave it at the door"', 'second floor,\nring twice', null]

function * orders() {
  const start = Date.UTC(2026, 0, 1)
  for (let i = 0; i < ROWS; i++) {
    const quantity = 1 + (i * 7) % 12
    yield {
      id: i + 1,
      placed: new Date(start + i * 61_007),
      customer: NAMES[i % NAMES.length],
      email: `user${(i * 31) % 100_003}@example.com`,
      city: CITIES[i % CITIES.length],
      quantity,
      price: (i % 9973) / 100,
      discount: i % 5 === 0 ? null : (i % 17) / 16,
      paid: i % 3 !== 0,
      total: quantity * (i % 9973) / 100,
      note: NOTES[i % NOTES.length]
    }
  }
}

/**
 * @param {string} file
 * @param {AbortController} controller
 */
function job(file, controller) {
  const { signal } = controller
  /** @type {import('offloop').CsvSummary} */
  let summary
  return createJob({ name: 'export', unit: 'rows', total: ROWS }, async (self) => {
    summary = await exportCsvFile(orders(), file, {
      signal,
      onProgress: ({ rows }) => { self.done = rows }
    })
    self.done = summary.rows
  }, async () => {
    const found = await read(file)
    // One more than the rows: the header.
    if (found.records !== ROWS + 1 || summary.rows !== ROWS || found.bytes !== summary.bytes || found.sha256 !== summary.sha256) {
      throw new Error(`${file}: the summary says ${JSON.stringify(summary)}; the file holds ${JSON.stringify(found)}`)
    }
    return `${file}: ${ROWS.toLocaleString('en')} rows and a header, ${(found.bytes / 1e6).toFixed(1)} MB, checksum as in the summary; ` +
      `the longest the export held the loop was ${summary.longestBlockMs.toFixed(1)} ms`
  }, { calls: false })
}

/**
 * Counts a CSV file's records without holding it: the line ends that stand outside quotes.
 * @param {string} file
 */
async function read(file) {
  const hash = createHash('sha256')
  let bytes = 0
  let records = 0
  let quoted = false
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(chunk)
    bytes += chunk.length
    for (const byte of chunk) {
      if (byte === 0x22) quoted = !quoted
      else if (byte === 0x0a && !quoted) records++
    }
  }
  return { records, bytes, sha256: hash.digest('hex') }
}

module.exports = { job }
