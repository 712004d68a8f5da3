'use strict'

// What each package does to everything else in its process while it is kept busy: the reading of a small file,
// which needs one of libuv's threads, and the event loop, which everything needs.

const { alone } = require('../alone.js')
const { inTurns } = require('../rounds.js')
const { photo } = require('../work.js')

const title = 'Isolation: what the rest of the process feels'

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const seconds = quick ? 0.6 : 2.5
  const file = await photo()
  const cases = []
  for (const { name, work, inFlight, peers } of /** @type {const} */ ([
    { name: '16 argon2id hashes in flight', work: 'argon2', inFlight: 16, peers: ['offloop', 'argon2', '@node-rs/argon2'] },
    { name: '16 bcrypt hashes in flight, cost 10', work: 'bcrypt', inFlight: 16, peers: ['offloop', 'bcrypt', '@node-rs/bcrypt', 'bcryptjs'] },
    { name: '8 resizes of 12 megapixels in flight', work: 'images', inFlight: 8, peers: ['offloop', 'sharp', '@napi-rs/image', 'jimp'] },
    { name: '2 exports of 100,000 rows in flight', work: 'csv', inFlight: 2, peers: ['offloop', 'csv-stringify', 'fast-csv', 'csv42', 'papaparse', 'generated JavaScript'] }
  ])) {
    console.log(`  ${name}`)
    /** @type {Record<string, () => Promise<Record<string, number>>>} */
    const contenders = { idle: () => alone({ work: 'idle', peer: 'idle', inFlight: 1, seconds }) }
    for (const peer of peers) contenders[peer] = () => alone({ work, peer, inFlight, seconds, photo: file })
    cases.push({ name, results: await inTurns(contenders, rounds) })
  }
  return { rounds, seconds, cases }
}

const measures = [
  { figure: 'readP50', unit: 'ms, a file read p50', better: 'less', digits: 2 },
  { figure: 'readP99', unit: 'ms, a file read p99', better: 'less', digits: 2 },
  { figure: 'loopP99', unit: 'ms, event loop p99', better: 'less', digits: 2 },
  { figure: 'loopMax', unit: 'ms, event loop at worst', better: 'less', digits: 1 },
  { figure: 'perSecond', unit: 'calls/s meanwhile', better: 'more', digits: 1 }
]

/** @param {{ name: string }} one */
const label = ({ name }) => name

module.exports = { title, run, measures, label }
