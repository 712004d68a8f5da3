'use strict'

// The work that the measurements keep the pool busy with.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { exportCsvFile, resizeImage } = require('..')
const { landscape } = require('../examples/demo/landscape.js')

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-benchmark-'))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))

/** The photo named by `--photo FILE`, or a made-up JPEG of 12 megapixels. */
async function photo() {
  const at = process.argv.indexOf('--photo')
  if (at !== -1) return path.resolve(process.argv[at + 1])
  const file = path.join(folder, 'photo.jpg')
  const { data } = await resizeImage(landscape(4000, 3000), { width: 4000, height: 3000, format: 'jpeg', quality: 92 })
  fs.writeFileSync(file, data)
  return file
}

/** @param {import('..').ImageInput} input */
function resize(input) {
  return resizeImage(input, { width: 720, format: 'jpeg', quality: 80 })
}

// Made beforehand, so that the time on the loop is the export's and not the making of rows.
const ROWS = Array.from({ length: 1000 }, (_, i) => ({
  id: i,
  placed: new Date(Date.UTC(2026, 0, 1) + i * 61_007_123),
  customer: `Customer ${i * 7919 % 1000}`,
  email: `user${i}@example.com`,
  city: ['Berlin', 'São Paulo', 'New York, NY', '東京'][i % 4],
  quantity: 1 + i % 12,
  price: i * 37 % 9973 / 100,
  discount: i % 5 === 0 ? null : i % 17 / 16,
  paid: i % 3 !== 0,
  total: (1 + i % 12) * (i * 37 % 9973) / 100,
  note: i % 9 === 0 ? 'says "leave it\nat the door"' : 'none'
}))

/** @param {number} count */
function * rows(count) {
  for (let i = 0; i < count; i++) yield ROWS[i % ROWS.length]
}

let files = 0

/** An export of a million rows of 11 mixed columns. */
async function bigExport() {
  const file = path.join(folder, `export-${files++}.csv`)
  try {
    return await exportCsvFile(rows(1_000_000), file)
  } finally {
    fs.rm(file, () => {})
  }
}

module.exports = { photo, resize, bigExport, rows }
