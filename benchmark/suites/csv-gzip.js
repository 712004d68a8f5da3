'use strict'

// An export to a file that is compressed on the way: gzip, level 6, everybody. Peers are piped through Node's zlib, which
// overlaps it with their writing, or write everything before they give it to zlib.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { clocked, warmUp } = require('../clocks.js')
const { gzipWriter, PIPED, WHOLE } = require('../peers/csv-streams.js')
const { processesInTurns } = require('../processes.js')
const { shapes, rowsOf } = require('../shapes.js')

const title = 'CSV, compressed: gzip level 6 to a file'

const CONTENDERS = [
  'offloop', `csv42${PIPED}`, `generated JavaScript${PIPED}`, `generated JavaScript, bytes${PIPED}`,
  `csv42${WHOLE}`, `generated JavaScript${WHOLE}`, `generated JavaScript, bytes${WHOLE}`
]

/**
 * What most write, and only the small table: each row is a chunk, and zlib takes a chunk at a time to libuv's threads.
 */
const COMMON = `csv-stringify${PIPED}`

/** @type {[shape: string, rows: number, contenders: string[]][]} */
const CASES = [['mixed', 10_000, [...CONTENDERS, COMMON]], ['mixed', 500_000, CONTENDERS]]

const TURN_MS = 200

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const cases = []
  for (const [shape, full, contenders] of CASES) {
    const rows = quick ? full / 10 : full
    console.log(`  ${shapes[shape].title}, ${rows} rows`)
    const tasks = Object.fromEntries(contenders.map((contender) => [contender, { contender, shape, rows }]))
    cases.push({ name: shapes[shape].title, rows, results: await processesInTurns('csv-gzip', tasks, rounds) })
  }
  return { rounds, cases }
}

/** @param {{ contender: string, shape: string, rows: number }} task */
async function contend({ contender, shape, rows: count }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-benchmark-'))
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'export.csv.gz')
  const rows = rowsOf(shape, count)
  const cells = count * Object.keys(rows[0]).length
  const write = gzipWriter(contender)
  const few = rows.slice(0, 10_000)
  const once = await warmUp(() => write(few, file), 500)
  // For a small one, so many that a clock can tell.
  const times = count > few.length ? 1 : Math.ceil(TURN_MS / once)
  return async () => {
    const { ms, loopMs, cpuMs } = await clocked(async () => {
      for (let i = 0; i < times; i++) await write(rows, file)
    })
    const { size } = fs.statSync(file)
    return { ms: ms / times, bytes: size, loopNsPerCell: loopMs * 1e6 / times / cells, cpuNsPerCell: cpuMs * 1e6 / times / cells }
  }
}

const measures = [
  { figure: 'ms', unit: 'ms', better: 'less', digits: 0 },
  { figure: 'bytes', unit: 'bytes', better: 'less', digits: 0 },
  { figure: 'loopNsPerCell', unit: 'ns of event loop a cell', better: 'less', digits: 1 }
]

/** @param {{ name: string, rows: number }} one */
const label = ({ name, rows }) => `${name}, ${rows.toLocaleString('en')} rows`

module.exports = { title, run, contend, measures, label }
