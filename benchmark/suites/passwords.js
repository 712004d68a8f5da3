'use strict'

// Hashes a second, at several numbers of calls in flight: one login, and a morning's rush.

const { inFlight } = require('../measure.js')
const peers = require('../peers/passwords.js')
const { inTurns } = require('../rounds.js')

const title = 'Passwords: hashes a second'

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const cases = []
  for (const { name, makers, counts } of [
    { name: 'argon2id 46 MiB, 1 pass', makers: peers.argon2({ memoryKiB: 47_104, passes: 1 }), counts: [1, 8] },
    { name: 'argon2id 19 MiB, 2 passes', makers: peers.argon2({ memoryKiB: 19_456, passes: 2 }), counts: [1, 8] },
    { name: 'argon2id 12 MiB, 3 passes', makers: peers.argon2({ memoryKiB: 12_288, passes: 3 }), counts: [8] },
    { name: 'argon2id 9 MiB, 4 passes', makers: peers.argon2({ memoryKiB: 9_216, passes: 4 }), counts: [8] },
    { name: 'argon2id 7 MiB, 5 passes', makers: peers.argon2({ memoryKiB: 7_168, passes: 5 }), counts: [8] },
    { name: 'argon2id 64 MiB, 3 passes, 4 lanes', makers: peers.argon2({ memoryKiB: 65_536, passes: 3, lanes: 4 }), counts: [8] },
    { name: 'bcrypt cost 10', makers: peers.bcrypt({ cost: 10 }), counts: [1, 16, 64] },
    { name: 'bcrypt cost 12', makers: peers.bcrypt({ cost: 12 }), counts: [1, 16, 64] }
  ]) {
    for (const count of counts) {
      // Long enough that the last ones, when threads run out of work, weigh little.
      const seconds = quick ? 0.3 : name.startsWith('bcrypt') && count > 1 ? 4 : 1.2
      /** @type {Record<string, () => Promise<{ perSecond: number }>>} */
      const contenders = {}
      for (const [peer, make] of Object.entries(makers)) {
        // On the event loop, one after the other: minutes, and nothing new.
        if (peer === 'bcryptjs' && (count === 64 || name.endsWith('12'))) continue
        const { hash } = make()
        await inFlight(count, quick ? 0.1 : 0.3, hash)
        contenders[peer] = async () => ({ perSecond: (await inFlight(count, seconds, hash)).perSecond })
      }
      console.log(`  ${name}, ${count} in flight`)
      cases.push({ name, inFlight: count, results: await inTurns(contenders, rounds) })
    }
  }
  return { rounds, cases }
}

/** What the report shows: a row a case and measure. */
const measures = [{ figure: 'perSecond', unit: 'hashes/s', better: 'more', digits: 1 }]

/** @param {{ name: string, inFlight: number }} one */
const label = ({ name, inFlight }) => `${name}, ${inFlight} in flight`

module.exports = { title, run, measures, label }
