'use strict'

// A morning's logins: how long each takes, by how many are under way, and when argon2 and bcrypt come mixed.

const { inFlight, percentile } = require('../measure.js')
const peers = require('../peers/passwords.js')
const { inTurns } = require('../rounds.js')

const title = 'Logins: how long one takes'

/** Of a fixed seed, so that all peers are asked at the same moments. */
function random(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Fifty of each, arriving at random within the time.
 * @param {Array<() => Promise<unknown>>} calls
 * @param {number} ms
 */
async function arriving(calls, ms) {
  const next = random(7)
  /** @type {number[]} */
  const latencies = []
  await Promise.all(calls.flatMap((call) => Array.from({ length: 50 }, async () => {
    await new Promise((resolve) => setTimeout(resolve, next() * ms))
    const start = performance.now()
    await call()
    latencies.push(performance.now() - start)
  })))
  return latencies
}

/** @param {number[]} latencies */
const figures = (latencies) => ({ p50: percentile(latencies, 50), p99: percentile(latencies, 99) })

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const seconds = quick ? 0.3 : 2
  const cases = []
  const hashers = peers.bcrypt({ cost: 10 })
  delete hashers.bcryptjs // On the event loop, one after the other.
  for (const count of quick ? [1, 16] : [1, 2, 4, 8, 16, 64]) {
    /** @type {Record<string, () => Promise<{ p50: number, p99: number }>>} */
    const contenders = {}
    for (const [peer, make] of Object.entries(hashers)) {
      const { hash } = make()
      contenders[peer] = async () => figures((await inFlight(count, seconds, hash)).latencies)
    }
    console.log(`  bcrypt, ${count} in flight`)
    cases.push({ name: 'bcrypt cost 10', inFlight: count, results: await inTurns(contenders, rounds) })
  }
  // What two processors can just bear: half a second of bcrypt, a third of one of argon2.
  const argon2 = peers.argon2({ memoryKiB: 19_456, passes: 2 })
  const pairs = { offloop: ['offloop', 'offloop'], 'argon2 and bcrypt': ['argon2', 'bcrypt'], '@node-rs/argon2 and bcrypt': ['@node-rs/argon2', '@node-rs/bcrypt'] }
  /** @type {Record<string, () => Promise<{ p50: number, p99: number }>>} */
  const contenders = {}
  for (const [name, [one, other]] of Object.entries(pairs)) {
    const calls = [argon2[one]().hash, hashers[other]().hash]
    contenders[name] = async () => figures(await arriving(calls, quick ? 500 : 1500))
  }
  console.log('  mixed')
  cases.push({ name: '50 argon2id (19 MiB, 2 passes) and 50 bcrypt (cost 10), at random within 1.5 s', results: await inTurns(contenders, rounds) })
  return { rounds, seconds, cases }
}

const measures = [
  { figure: 'p50', unit: 'p50 ms', better: 'less', digits: 0 },
  { figure: 'p99', unit: 'p99 ms', better: 'less', digits: 0 }
]

/** @param {{ name: string, inFlight?: number }} one */
const label = ({ name, inFlight }) => (inFlight === undefined ? name : `${name}, ${inFlight} in flight`)

module.exports = { title, run, measures, label }
