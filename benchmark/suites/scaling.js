'use strict'

// Throughput for 1, 2, … threads: offloop's own, or libuv's for who works there.

const os = require('node:os')
const { alone } = require('../alone.js')
const { inTurns } = require('../rounds.js')
const { photo } = require('../work.js')

const title = 'Scaling: throughput by threads'

/** 1, 2, 4, … and all there are. */
function counts() {
  const all = os.availableParallelism()
  const list = []
  for (let count = 1; count < all; count *= 2) list.push(count)
  return [...list, all]
}

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const seconds = quick ? 0.5 : 2
  const file = await photo()
  const cases = []
  for (const { name, work, peers } of /** @type {const} */ ([
    { name: 'argon2id 19 MiB, 2 passes', work: 'argon2', peers: ['offloop', 'argon2', '@node-rs/argon2'] },
    { name: 'bcrypt cost 10', work: 'bcrypt', peers: ['offloop', 'bcrypt', '@node-rs/bcrypt'] },
    { name: 'JPEG of 12 megapixels to 720 wide', work: 'images', peers: ['offloop', 'sharp', '@napi-rs/image'] }
  ])) {
    for (const threads of counts()) {
      console.log(`  ${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`)
      /** @type {Record<string, () => Promise<{ perSecond: number }>>} */
      const contenders = {}
      for (const peer of peers) {
        contenders[peer] = async () => {
          const env = peer === 'offloop' ? {} : { UV_THREADPOOL_SIZE: String(threads) }
          const { perSecond } = await alone({ work, peer, inFlight: 2 * threads, seconds, threads, photo: file }, env)
          return { perSecond }
        }
      }
      cases.push({ name, threads, results: await inTurns(contenders, rounds) })
    }
  }
  return { rounds, seconds, cases }
}

const measures = [{ figure: 'perSecond', unit: 'calls/s', better: 'more', digits: 1 }]

/** @param {{ name: string, threads: number }} one */
const label = ({ name, threads }) => `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`

module.exports = { title, run, measures, label }
