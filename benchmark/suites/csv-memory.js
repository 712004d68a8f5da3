'use strict'

// What an export of more rows than anyone would keep in memory takes of it: rows from a generator, to a file. The source
// takes memory too, for V8 lets garbage lie for a while; so the same generator is drained alone, in another process.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { fileWriter } = require('../peers/csv-streams.js')
const { Contender } = require('../processes.js')
const { highestMiB, residentMiB } = require('../resident.js')
const { shapes, streamOf } = require('../shapes.js')

const title = 'CSV: memory of an export from a generator to a file'

const SOURCE = 'the source alone'
const SAMPLE_MS = 50
/** Points of the line that is kept of a run. */
const POINTS = 150

/** @param {boolean} quick */
async function run(quick) {
  const cases = []
  for (const million of [1, 2, 5]) {
    const rows = million * (quick ? 10_000 : 1_000_000)
    console.log(`  ${shapes.mixed.title}, ${rows} rows`)
    const contenders = ['offloop', ...(million === 1 ? ['csv-stringify', 'fast-csv', 'csv42'] : [])]
    const source = await measured(SOURCE, rows)
    /** @type {Record<string, object>} */
    const results = { [SOURCE]: source }
    for (const peer of contenders) {
      const one = await measured(peer, rows)
      results[peer] = { ...one, overSourceMiB: one.peakMiB - source.peakMiB }
    }
    cases.push({ name: shapes.mixed.title, rows, results })
  }
  return { rounds: 1, cases }
}

/**
 * @param {string} peer
 * @param {number} rows
 */
async function measured(peer, rows) {
  const contender = new Contender('csv-memory', { peer, rows })
  try {
    await contender.ready
    const begun = performance.now()
    /** @type {[second: number, mib: number][]} */
    const samples = []
    // From here, because over there a source that never waits would let no timer run.
    const timer = setInterval(() => {
      const mib = residentMiB(contender.pid)
      if (mib !== undefined) samples.push([(performance.now() - begun) / 1000, mib])
    }, SAMPLE_MS)
    const { peakMiB } = await contender.turn()
    clearInterval(timer)
    const step = Math.ceil(samples.length / POINTS)
    return { peakMiB, seconds: (performance.now() - begun) / 1000, samples: samples.filter((_, i) => i % step === 0) }
  } finally {
    contender.stop()
  }
}

/** @param {{ peer: string, rows: number }} task */
async function contend({ peer, rows }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-benchmark-'))
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  const write = peer === SOURCE ? drain : fileWriter(peer)
  return async () => {
    await write(streamOf('mixed', rows), path.join(folder, 'export.csv'))
    return { peakMiB: highestMiB() }
  }
}

/** @param {Iterable<object>} rows */
async function drain(rows) {
  let count = 0
  for (const row of rows) if (row) count++
  return count
}

const measures = [
  { figure: 'peakMiB', unit: 'MiB at the peak', better: 'none', digits: 1 },
  { figure: 'overSourceMiB', unit: "MiB over the source's", better: 'less', digits: 1 },
  { figure: 'seconds', unit: 's', better: 'less', digits: 1 }
]

/** @param {{ name: string, rows: number }} one */
const label = ({ name, rows }) => `${name}, ${rows.toLocaleString('en')} rows`

module.exports = { title, run, contend, measures, label }
