'use strict'

// What 200 hashes of 64 MiB that are asked for at once do to a process's memory.

const { execFileSync } = require('node:child_process')
const path = require('node:path')

const title = 'Memory: 200 argon2id hashes of 64 MiB at once'

/**
 * A process that loads one package, asks, waits, and idles.
 * @param {string} peer
 * @param {number} jobs
 * @param {number} idleSeconds
 * @returns {{ peakMiB: number, afterMiB: number }} over the start's resident set
 */
function measure(peer, jobs, idleSeconds) {
  const script = `
    const { setTimeout: sleep } = require('node:timers/promises')
    const { hash } = require('./benchmark/peers/passwords.js').argon2({ memoryKiB: 65536, passes: 1 })[${JSON.stringify(peer)}]()
    async function main() {
      await sleep(200)
      const start = process.memoryUsage.rss()
      let peak = 0
      const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5)
      await Promise.all(Array.from({ length: ${jobs} }, hash))
      clearInterval(timer)
      await sleep(${idleSeconds * 1000})
      console.log(JSON.stringify({ peakMiB: (peak - start) / 2 ** 20, afterMiB: (process.memoryUsage.rss() - start) / 2 ** 20 }))
    }
    main()`
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: path.join(__dirname, '..', '..'), encoding: 'utf8' }))
}

/** @param {boolean} quick */
async function run(quick) {
  const jobs = quick ? 10 : 200
  const idleSeconds = quick ? 1 : 15
  const peers = ['offloop', 'argon2', '@node-rs/argon2']
  const results = Object.fromEntries(peers.map((peer) => [peer, measure(peer, jobs, idleSeconds)]))
  return { rounds: 1, cases: [{ name: `over the start's, at the peak and ${idleSeconds} s after the last`, results }] }
}

const measures = [
  { figure: 'peakMiB', unit: 'MiB at the peak', better: 'less', digits: 0 },
  { figure: 'afterMiB', unit: 'MiB after', better: 'none', digits: 0 }
]

/** @param {{ name: string }} one */
const label = ({ name }) => name

module.exports = { title, run, measures, label }
