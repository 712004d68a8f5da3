'use strict'

// An export from objects in memory to bytes: how long it takes, and how long it holds the event loop meanwhile. Each
// contender in a process of its own: 500,000 rows make a heap whose collections one must not do for another.

const { clocked, warmUp } = require('../clocks.js')
const { writers } = require('../peers/csv.js')
const { processesInTurns } = require('../processes.js')
const { shapes, rowsOf } = require('../shapes.js')

const title = 'CSV: time and event-loop time of an export'

/** @type {[shape: string, rows: number][]} */
const CASES = [
  ['mixed', 100], ['mixed', 10_000], ['mixed', 500_000],
  ['numeric', 100], ['numeric', 50_000],
  ['text', 50_000],
  ['emoji', 100_000],
  ['wide', 100], ['wide', 10_000]
]
/** Rows that are enough to warm up with. */
const WARM_ROWS = 10_000
/**
 * Cells that a process has. Small tables are as many as this makes: V8 remembers the texts of the numbers that it printed
 * last, so a small table that was printed again and again would cost a JavaScript writer less than any export does.
 */
const CELLS = 1_000_000
/** Shorter exports are repeated in a turn until it has lasted so long. */
const TURN_MS = 200

/** @typedef {{ peer: string, shape: string, rows: number, quick: boolean }} Task */

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 5
  const cases = []
  for (const [shape, full] of CASES) {
    const rows = quick ? Math.min(full / 10, shape === 'wide' ? 300 : 3000) : full
    console.log(`  ${shapes[shape].title}, ${rows} rows`)
    const tasks = Object.fromEntries(Object.keys(writers).map((peer) => [peer, { peer, shape, rows, quick }]))
    const results = await processesInTurns('csv', tasks, rounds)
    sameBytes(results)
    cases.push({ name: shapes[shape].title, rows, results })
  }
  return { rounds, cases }
}

/**
 * Equal work is equal output. (Papa Parse leaves out the last line's end.)
 * @param {Record<string, { bytes: number }>} results
 */
function sameBytes(results) {
  const { offloop, ...peers } = results
  for (const [peer, { bytes }] of Object.entries(peers)) {
    if (Math.abs(bytes - offloop.bytes) > 2) console.warn(`  ${peer} wrote ${bytes} bytes, offloop ${offloop.bytes}`)
  }
}

/** @param {Task} task */
async function contend({ peer, shape, rows: count, quick }) {
  const columns = Object.keys(rowsOf(shape, 1)[0]).length
  const cells = count * columns
  const tables = Math.max(1, Math.round(CELLS / cells))
  const all = rowsOf(shape, count * tables)
  const table = (/** @type {number} */ i) => tables === 1 ? all : all.slice(i % tables * count, (i % tables + 1) * count)
  const write = writers[peer]()
  let turns = 0
  let once = await warmUp(() => write(table(turns++).slice(0, WARM_ROWS)), quick ? 50 : 1000)
  if (count > WARM_ROWS) once = await warmUp(() => write(all), 0)
  const times = Math.max(1, Math.ceil((quick ? 20 : TURN_MS) / once))
  const { length: bytes } = await write(table(0))
  return async () => {
    const { ms, loopMs, cpuMs } = await clocked(async () => {
      for (let i = 0; i < times; i++) await write(table(turns++))
    })
    return { ms: ms / times, loopNsPerCell: loopMs * 1e6 / times / cells, cpuNsPerCell: cpuMs * 1e6 / times / cells, bytes }
  }
}

const measures = [
  { figure: 'ms', unit: 'ms', better: 'less', digits: 2 },
  { figure: 'loopNsPerCell', unit: 'ns of event loop a cell', better: 'less', digits: 1 },
  { figure: 'cpuNsPerCell', unit: 'of these computed, ns', better: 'none', digits: 1 }
]

/** @param {{ name: string, rows: number }} one */
const label = ({ name, rows }) => `${name}, ${rows.toLocaleString('en')} rows`

module.exports = { title, run, contend, measures, label }
