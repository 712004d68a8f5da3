'use strict'

// One contender alone in a process, for what only a process can show: what it does to everybody else in it, and
// what it makes of a number of threads. Started by the suites; takes its task and gives its figures as JSON.

const fs = require('node:fs')
const { setImmediate: turn, setTimeout: sleep } = require('node:timers/promises')
const { ms } = require('../examples/demo/probe.js')
const { Felt } = require('./felt.js')
const { inFlight } = require('./measure.js')
const csv = require('./peers/csv.js')
const images = require('./peers/images.js')
const { uploads } = require('./uploads.js')
const passwords = require('./peers/passwords.js')

/**
 * @typedef {object} Task
 * @property {'argon2' | 'bcrypt' | 'images' | 'csv' | 'idle'} work
 * @property {string} peer
 * @property {number} inFlight
 * @property {number} seconds
 * @property {number} [threads] offloop's and sharp's setting; libuv's comes by the environment
 * @property {string} [photo]
 */

/**
 * @param {Task} task
 * @returns {() => Promise<unknown>}
 */
function call({ work, peer, photo }) {
  switch (work) {
    case 'argon2':
      return passwords.argon2({ memoryKiB: 19_456, passes: 2 })[peer]().hash
    case 'bcrypt':
      return passwords.bcrypt({ cost: 10 })[peer]().hash
    case 'images': {
      const next = uploads(fs.readFileSync(photo ?? ''))
      const resize = images.resizers[peer].load()
      return () => resize(next(), { width: 720, format: 'jpeg' })
    }
    case 'csv': {
      const rows = Array.from({ length: 100_000 }, (_, i) => ({ id: i, name: `Customer ${i}`, at: new Date(i * 1e6), total: i * 37 % 9973 / 100, note: 'none' }))
      const write = csv.writers[peer]()
      return () => write(rows)
    }
    default:
      return () => sleep(50)
  }
}

/** @param {Task} task */
async function main(task) {
  if (task.threads !== undefined) {
    if (task.peer === 'offloop') require('..').configurePool({ threads: task.threads })
    if (task.peer === 'sharp') require('sharp').concurrency(1)
  }
  const work = call(task)
  const one = async () => {
    await work()
    // As between two requests: without it, writers that never wait would keep the loop for the whole run.
    await turn()
  }
  await inFlight(task.inFlight, task.seconds / 4, one)
  await sleep(100)
  const felt = new Felt(4)
  // So that it has begun when the work does.
  await sleep(20)
  const { perSecond } = await inFlight(task.inFlight, task.seconds, one)
  await felt.stop()
  process.stdout.write(JSON.stringify({
    perSecond,
    readP50: ms(felt.files, 50),
    readP99: ms(felt.files, 99),
    loopP50: ms(felt.loop, 50),
    loopP99: ms(felt.loop, 99),
    loopMax: ms(felt.loop, 100)
  }))
}

main(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error)
  process.exitCode = 1
})
