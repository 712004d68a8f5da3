'use strict'

// Columns that are typed arrays, which never become rows: { columns: { a: Float64Array, … } }, to a Buffer and to a file.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { clocked, warmUp } = require('../clocks.js')
const { processesInTurns } = require('../processes.js')
const { bits, fraction, money } = require('../shapes.js')

const title = 'CSV of typed arrays: megabytes of output a second'

/** @type {Record<string, (count: number) => Record<string, ArrayLike<number> | BigInt64Array>>} */
const TABLES = {
  '4 columns, Int32Array': (count) => table(count, (column, i) => bits(i, column) | 0, Int32Array),
  '4 columns, Float64Array with two decimals': (count) => table(count, (column, i) => money(i, column), Float64Array),
  '4 columns, Float64Array of any doubles': (count) => table(count, (column, i) => fraction(i, column * 2), Float64Array),
  '4 columns, BigInt64Array': (count) => table(count, (column, i) => BigInt(bits(i, column)) << 30n | BigInt(i), BigInt64Array),
  '5 columns of each kind': (count) => ({
    id: fill(new Uint32Array(count), (i) => i),
    amount: fill(new Float64Array(count), (i) => money(i, 1)),
    ratio: fill(new Float64Array(count), (i) => fraction(i, 2)),
    delta: fill(new Int32Array(count), (i) => bits(i, 4) % 20_000 - 10_000),
    key: fill(new BigInt64Array(count), (i) => BigInt(bits(i, 5)) << 30n | BigInt(i))
  })
}

/**
 * @template {number | bigint} V
 * @template {{ length: number, [i: number]: V }} A
 * @param {A} array
 * @param {(i: number) => V} value
 */
function fill(array, value) {
  for (let i = 0; i < array.length; i++) array[i] = value(i)
  return array
}

/**
 * @param {number} count
 * @param {(column: number, i: number) => any} value
 * @param {new (count: number) => any} Kind
 */
function table(count, value, Kind) {
  return Object.fromEntries(['a', 'b', 'c', 'd'].map((name, column) => [name, fill(new Kind(count), (i) => value(column + 1, i))]))
}

/**
 * What a team would write: code for these columns.
 * @param {string[]} names
 * @returns {(columns: Record<string, ArrayLike<unknown>>) => Buffer}
 */
function generated(names) {
  const cells = names.map((name) => `columns[${JSON.stringify(name)}][i]`).join(' + "," + ')
  return new Function('Buffer', `return (columns) => {
    const pieces = []
    const { length } = columns[${JSON.stringify(names[0])}]
    let text = ${JSON.stringify(`${names.join(',')}\r\n`)}
    for (let i = 0; i < length; i++) {
      text += ${cells} + "\\r\\n"
      if (text.length > 32768) {
        pieces.push(Buffer.from(text, 'latin1'))
        text = ""
      }
    }
    pieces.push(Buffer.from(text, 'latin1'))
    return Buffer.concat(pieces)
  }`)(Buffer)
}

/**
 * @typedef {object} Task
 * @property {string} peer
 * @property {string} table
 * @property {number} rows
 * @property {boolean} toFile
 */

/** @param {boolean} quick */
async function run(quick) {
  if (!await supported()) {
    console.log('  this offloop takes no columns yet')
    return { rounds: 0, cases: [] }
  }
  const rounds = quick ? 1 : 5
  const rows = quick ? 20_000 : 1_000_000
  const cases = []
  for (const table of Object.keys(TABLES)) {
    for (const toFile of [false, true]) {
      console.log(`  ${table}, ${rows} rows, to a ${toFile ? 'file' : 'Buffer'}`)
      const peers = toFile ? ['offloop'] : ['offloop', 'generated JavaScript']
      const tasks = Object.fromEntries(peers.map((peer) => [peer, { peer, table, rows, toFile }]))
      cases.push({ name: table, rows, toFile, results: await processesInTurns('csv-columns', tasks, rounds) })
    }
  }
  return { rounds, cases }
}

async function supported() {
  const { exportCsv } = require('../..')
  try {
    await exportCsv(/** @type {any} */ ({ columns: { a: Float64Array.of(1) } }))
    return true
  } catch (error) {
    if (/** @type {any} */ (error).code === 'ERR_INVALID_ARG') return false
    throw error
  }
}

/** @param {Task} task */
async function contend({ peer, table, rows, toFile }) {
  const columns = TABLES[table](rows)
  const cells = rows * Object.keys(columns).length
  const write = peer === 'offloop' ? offloop(columns, toFile) : javaScript(columns)
  await warmUp(write, 500)
  return async () => {
    let bytes = 0
    const { ms, loopMs } = await clocked(async () => { bytes = await write() })
    return { megabytesPerSecond: bytes / 1e3 / ms, ms, loopNsPerCell: loopMs * 1e6 / cells, bytes }
  }
}

/**
 * @param {ReturnType<typeof TABLES[string]>} columns
 * @param {boolean} toFile
 */
function offloop(columns, toFile) {
  const { exportCsv, exportCsvFile } = require('../..')
  const source = /** @type {any} */ ({ columns })
  if (!toFile) return async () => (await exportCsv(source)).length
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-benchmark-'))
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  return async () => (await exportCsvFile(source, path.join(folder, 'export.csv'))).bytes
}

/** @param {any} columns */
function javaScript(columns) {
  const write = generated(Object.keys(columns))
  return async () => write(columns).length
}

const measures = [
  { figure: 'megabytesPerSecond', unit: 'MB/s', better: 'more', digits: 0 },
  { figure: 'ms', unit: 'ms', better: 'less', digits: 0 },
  { figure: 'loopNsPerCell', unit: 'ns of event loop a cell', better: 'less', digits: 1 }
]

/** @param {{ name: string, rows: number, toFile: boolean }} one */
const label = ({ name, rows, toFile }) => `${name}, ${rows.toLocaleString('en')} rows, to a ${toFile ? 'file' : 'Buffer'}`

module.exports = { title, run, contend, measures, label }
