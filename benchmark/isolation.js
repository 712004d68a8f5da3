'use strict'

// How the rest of the process fares while offloop works: fs.readFile of a small file and the event loop's
// delay, idle and under each kind of work.
//
//   node isolation.js [--seconds 9] [--photo FILE]

const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const { hashPassword, verifyPassword } = require('..')
const { Probe, ms } = require('../examples/demo/probe.js')
const { inFlight, setting } = require('./measure.js')
const { bigExport, photo, resize } = require('./work.js')

const SECONDS = setting('seconds', 9)

/**
 * @param {string} name
 * @param {() => Promise<string>} work what it was, in a word or two
 * @param {{ read: number, loop: number } | null} idle
 */
async function scenario(name, work, idle) {
  // What the one before left behind is not this one's.
  await sleep(500)
  const probe = new Probe({ readEveryMs: 4 })
  const done = await work()
  probe.stop()
  const read = ms(probe.files, 99)
  const loop = ms(probe.loop, 99)
  const beside = idle === null ? '' : `  read p99 × ${(read / idle.read).toFixed(2)}, loop p99 + ${(loop - idle.loop).toFixed(2)} ms`
  console.log(`${name.padEnd(34)} readFile p50 ${ms(probe.files, 50).toFixed(2)} p99 ${read.toFixed(2)}  ` +
    `loop p50 ${ms(probe.loop, 50).toFixed(2)} p99 ${loop.toFixed(2)} max ${ms(probe.loop, 100).toFixed(2)} ms${beside}  ${done}`)
  return { read, loop }
}

/**
 * @param {number} count
 * @param {() => Promise<unknown>} call
 */
async function busy(count, call) {
  const { perSecond } = await inFlight(count, SECONDS, call)
  return `${perSecond.toFixed(1)}/s`
}

async function main() {
  const file = await photo()
  const bytes = fs.readFileSync(file)
  const argon2 = await hashPassword('secret')
  const bcrypt = await hashPassword('secret', { policy: { algorithm: 'bcrypt', cost: 12 } })

  const idle = await scenario('idle', () => sleep(SECONDS * 1000, ''), null)
  await scenario('16 argon2id verifications', () => busy(16, () => verifyPassword('secret', argon2)), idle)
  await scenario('16 bcrypt cost 12 verifications', () => busy(16, () => verifyPassword('secret', bcrypt)), idle)
  await scenario('8 resizes of a file', () => busy(8, () => resize(file)), idle)
  await scenario(`8 resizes of bytes (${(bytes.length / 1e6).toFixed(1)} MB)`, () => busy(8, () => resize(bytes)), idle)
  await scenario('2 exports of 1,000,000 rows', async () => {
    let longest = 0
    const { perSecond } = await inFlight(2, SECONDS, async () => {
      longest = Math.max(longest, (await bigExport()).longestBlockMs)
    })
    return `${perSecond.toFixed(2)}/s, longestBlockMs ${longest.toFixed(2)}`
  }, idle)
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
