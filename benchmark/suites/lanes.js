'use strict'

// bcrypt hashes side by side in one thread: how many a second, by how many lanes, and how many offloop chose itself.

const { execFileSync } = require('node:child_process')

const title = 'bcrypt: lanes of one thread'

/**
 * One thread with so many lanes, in a process of its own, since threads are fixed by the first job.
 * @param {number | 'auto'} lanes
 * @param {number} seconds
 * @returns {{ perSecond: number, lanes: number }}
 */
function measure(lanes, seconds) {
  const script = `
    const { configurePool, hashPassword, poolStats } = require('.')
    const { inFlight } = require('./benchmark/measure.js')
    configurePool({ threads: 1, bcryptLanes: ${JSON.stringify(lanes)} })
    const hash = () => hashPassword('correct horse battery staple', { policy: { algorithm: 'bcrypt', cost: 10 } })
    inFlight(24, 0.2, hash).then(() => inFlight(24, ${seconds}, hash)).then(({ perSecond }) => {
      console.log(JSON.stringify({ perSecond, lanes: poolStats().bcryptLanes }))
    })`
  const root = require('node:path').join(__dirname, '..', '..')
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' }))
}

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const seconds = quick ? 0.3 : 2
  const widths = Array.from({ length: 8 }, (_, i) => i + 1)
  /** @type {number[][]} */
  const figures = widths.map(() => [])
  /** @type {number[]} */
  const chosen = []
  for (let round = 0; round < rounds; round++) {
    widths.forEach((lanes, i) => figures[i].push(measure(lanes, seconds).perSecond))
    chosen.push(measure('auto', 0.3).lanes)
  }
  console.log(`  chosen: ${chosen.join(', ')}`)
  const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[values.length >> 1]
  const cases = widths.map((lanes, i) => ({
    name: `${lanes} ${lanes === 1 ? 'lane' : 'lanes'}${lanes === median(chosen) ? ', which offloop chose' : ''}`,
    results: { offloop: { perSecond: median(figures[i]), rounds: figures[i] } }
  }))
  return { rounds, seconds, cases, chosen }
}

const measures = [{ figure: 'perSecond', unit: 'hashes/s', better: 'more', digits: 1 }]

/** @param {{ name: string }} one */
const label = ({ name }) => name

module.exports = { title, run, measures, label }
