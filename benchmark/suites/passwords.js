'use strict'

// Hashes a second, at several numbers of calls in flight: one login, and a morning's rush.

const { inFlight } = require('../measure.js')
const peers = require('../peers/passwords.js')
const { inTurns } = require('../rounds.js')

const title = 'Passwords: hashes a second'

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 5
  const seconds = quick ? 0.3 : 1.2
  const cases = []
  for (const { name, makers, counts } of [
    { name: 'argon2id 19 MiB, 2 passes', makers: peers.argon2({ memoryKiB: 19_456, passes: 2 }), counts: [1, 16] },
    { name: 'argon2id 46 MiB, 1 pass', makers: peers.argon2({ memoryKiB: 47_104, passes: 1 }), counts: [1, 16] },
    { name: 'bcrypt cost 10', makers: peers.bcrypt({ cost: 10 }), counts: [1, 16] },
    { name: 'bcrypt cost 12', makers: peers.bcrypt({ cost: 12 }), counts: [16] }
  ]) {
    for (const count of counts) {
      /** @type {Record<string, () => Promise<{ perSecond: number }>>} */
      const contenders = {}
      for (const [peer, make] of Object.entries(makers)) {
        const { hash } = make()
        await inFlight(count, quick ? 0.1 : 0.3, hash)
        contenders[peer] = async () => ({ perSecond: (await inFlight(count, seconds, hash)).perSecond })
      }
      console.log(`  ${name}, ${count} in flight`)
      cases.push({ name, inFlight: count, results: await inTurns(contenders, rounds) })
    }
  }
  return { rounds, seconds, cases }
}

/** What the report shows: a row a case and measure. */
const measures = [{ figure: 'perSecond', unit: 'hashes/s', better: 'more', digits: 1 }]

/** @param {{ name: string, inFlight: number }} one */
const label = ({ name, inFlight }) => `${name}, ${inFlight} in flight`

module.exports = { title, run, measures, label }
