'use strict'

// The longest that an export holds the event loop in one go. A chain of setImmediate has one link a turn of the loop, so
// the time between two is what a turn took. monitorEventLoopDelay, whose timer has a resolution of a millisecond, would
// see too little. The chain keeps the loop's thread awake, on the two processors of this machine to the workers' cost;
// `idle` is the chain alone: what the operating system takes the thread away for.

const { Writable } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { setTimeout: sleep } = require('node:timers/promises')
const { percentile } = require('../measure.js')
const { streamers } = require('../peers/csv-streams.js')
const { processesInTurns } = require('../processes.js')
const { shapes, rowsOf } = require('../shapes.js')

const title = 'CSV: how long an export holds the event loop in one go'

const PEERS = ['idle', 'offloop', 'csv-stringify', 'csv42', 'generated JavaScript', 'generated JavaScript, bytes']
/** Turns that are shorter hold nothing; among them, a percentile would be of nothing. */
const HOLD_MS = 0.25

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const rows = quick ? 5000 : 200_000
  const cases = []
  for (const exports of [1, 20]) {
    console.log(`  ${exports} at once, ${rows} rows each`)
    const tasks = Object.fromEntries(PEERS.map((peer) => [peer, { peer, exports, rows }]))
    cases.push({ name: `${shapes.mixed.title}, ${rows.toLocaleString('en')} rows`, exports, results: await processesInTurns('csv-hold', tasks, rounds) })
  }
  return { rounds, cases }
}

/** @param {{ peer: string, exports: number, rows: number }} task */
async function contend({ peer, exports, rows: count }) {
  if (peer === 'idle') return () => held(() => sleep(1000))
  const rows = rowsOf('mixed', count)
  const stream = streamers[peer]()
  await drained(stream(rows.slice(0, 20_000)))
  return async () => {
    let longestBlockMs = 0
    const figures = await held(() => Promise.all(Array.from({ length: exports }, async () => {
      const streams = stream(rows)
      await drained(streams)
      const summary = await /** @type {any} */ (streams[0]).summary
      if (summary) longestBlockMs = Math.max(longestBlockMs, summary.longestBlockMs)
    })))
    return { ...figures, ...(longestBlockMs > 0 && { longestBlockMs }) }
  }
}

/** @param {ReturnType<ReturnType<typeof streamers[string]>>} streams */
async function drained(streams) {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  await pipeline([...streams, nowhere])
}

/** @param {() => Promise<unknown>} work */
async function held(work) {
  /** @type {number[]} */
  const holds = []
  let on = true
  let last = performance.now()
  const begun = last
  const link = () => {
    const now = performance.now()
    if (now - last >= HOLD_MS) holds.push(now - last)
    last = now
    if (on) setImmediate(link)
  }
  setImmediate(link)
  await work()
  const ms = performance.now() - begun
  on = false
  // The link under way sees what the end of the work held.
  await sleep(5)
  if (holds.length === 0) holds.push(HOLD_MS)
  return { p50: percentile(holds, 50), p99: percentile(holds, 99), max: Math.max(...holds), ms }
}

const measures = [
  { figure: 'p99', unit: 'ms, p99 of the holds', better: 'less', digits: 2 },
  { figure: 'max', unit: 'ms, the longest', better: 'less', digits: 2 },
  { figure: 'longestBlockMs', unit: 'ms, as its summary says', better: 'none', digits: 2 },
  { figure: 'p50', unit: 'ms, the median', better: 'none', digits: 2 },
  { figure: 'ms', unit: 'ms until all were done', better: 'less', digits: 0 }
]

/** @param {{ name: string, exports: number }} one */
const label = ({ name, exports }) => `${name}, ${exports === 1 ? 'one export' : `${exports} at once`}`

module.exports = { title, run, contend, measures, label }
