'use strict'

// argon2id throughput, 8 in flight, beside @node-rs/argon2, in turns so that both meet the same machine.
//
//   node argon2.js [--rounds 5] [--seconds 3]

const peer = require('@node-rs/argon2')
const { hashPassword } = require('..')
const { inFlight, median, setting } = require('./measure.js')

const ROUNDS = setting('rounds', 5)
const SECONDS = setting('seconds', 3)

async function main() {
  for (const { memoryKiB, passes } of [{ memoryKiB: 19_456, passes: 2 }, { memoryKiB: 47_104, passes: 1 }]) {
    const calls = {
      offloop: () => hashPassword('correct horse', { policy: { algorithm: 'argon2id', memoryKiB, passes, lanes: 1 } }),
      '@node-rs/argon2': () => peer.hash('correct horse', { memoryCost: memoryKiB, timeCost: passes, parallelism: 1 })
    }
    /** @type {Record<string, number[]>} */
    const rates = {}
    for (const [name, call] of Object.entries(calls)) {
      await inFlight(8, 0.5, call)
      rates[name] = []
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, call] of Object.entries(calls)) rates[name].push((await inFlight(8, SECONDS, call)).perSecond)
    }
    console.log(`argon2id ${memoryKiB / 1024} MiB, ${passes} ${passes === 1 ? 'pass' : 'passes'}, 1 lane; medians of ${ROUNDS} rounds`)
    for (const [name, all] of Object.entries(rates)) {
      console.log(`  ${name.padEnd(16)} ${median(all).toFixed(1)}/s  (${all.map((rate) => rate.toFixed(1)).join(', ')})`)
    }
    const ratios = rates.offloop.map((rate, i) => rate / rates['@node-rs/argon2'][i])
    console.log(`  ratio            ${median(ratios).toFixed(2)}`)
  }
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
