'use strict'

// An export from objects in memory to bytes: how long it takes, and how long it holds the event loop meanwhile.

const { performance } = require('node:perf_hooks')
const { writers } = require('../peers/csv.js')
const { inTurns } = require('../rounds.js')

const title = 'CSV: time and event-loop time of an export'

const SHAPES = {
  '11 mixed columns': (/** @type {number} */ i) => ({
    id: i,
    placed: new Date(Date.UTC(2026, 0, 1) + i * 61_007_123 % 31_536_000_000),
    customer: `Customer ${i * 7919 % 1000}`,
    email: `user${i}@example.com`,
    city: ['Berlin', 'São Paulo', 'New York, NY', '東京'][i % 4],
    quantity: 1 + i % 12,
    price: i * 37 % 9973 / 100,
    discount: i % 5 === 0 ? null : i % 17 / 16,
    paid: i % 3 !== 0,
    total: (1 + i % 12) * (i * 37 % 9973) / 100,
    note: i % 9 === 0 ? 'says "leave it\nat the door"' : 'none'
  }),
  '8 columns of numbers': (/** @type {number} */ i) => ({
    a: i, b: i / 7, c: i * 1e-9, d: -i, e: i % 100, f: i * 1.1, g: i ** 2, h: Math.sin(i)
  }),
  '5 columns of text': (/** @type {number} */ i) => ({
    title: `Item ${i}`, body: `The ${i}th, with a comma and a "quote"`, tag: 'plain', path: `/items/${i}/view`, owner: `Müller ${i % 50}`
  })
}

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 5
  const cases = []
  for (const [name, row] of Object.entries(SHAPES)) {
    for (const count of quick ? [2000] : [1000, 100_000]) {
      const rows = Array.from({ length: count }, (_, i) => row(i))
      const cells = count * Object.keys(rows[0]).length
      /** @type {Record<string, () => Promise<{ ms: number, loopNsPerCell: number, bytes: number }>>} */
      const contenders = {}
      for (const [peer, load] of Object.entries(writers)) {
        const write = load()
        // Small exports are a matter of microseconds: enough of them for a clock.
        const times = Math.max(1, Math.round(20_000 / count))
        for (let i = 0; i < times; i++) await write(rows)
        contenders[peer] = async () => {
          global.gc?.()
          let bytes = 0
          const before = performance.eventLoopUtilization()
          const begun = performance.now()
          for (let i = 0; i < times; i++) bytes = (await write(rows)).length
          const ms = (performance.now() - begun) / times
          const { active } = performance.eventLoopUtilization(before)
          return { ms, loopNsPerCell: active * 1e6 / times / cells, bytes }
        }
      }
      console.log(`  ${name}, ${count} rows`)
      cases.push({ name, rows: count, results: await inTurns(contenders, rounds) })
    }
  }
  return { rounds, cases }
}

const measures = [
  { figure: 'ms', unit: 'ms', better: 'less', digits: 2 },
  { figure: 'loopNsPerCell', unit: 'ns of event loop a cell', better: 'less', digits: 0 }
]

/** @param {{ name: string, rows: number }} one */
const label = ({ name, rows }) => `${name}, ${rows.toLocaleString('en')} rows`

module.exports = { title, run, measures, label }
