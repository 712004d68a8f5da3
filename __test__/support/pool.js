'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { poolStats } = require('../..')

/** Work that takes a thread a few microseconds, and work that takes it some tenths of a second. */
const CHEAP = { algorithm: 'argon2id', memoryKiB: 8, passes: 1 }
const DEAR = { algorithm: 'bcrypt', cost: 12 }

/** Waits until a condition holds; a job that leaked makes it never hold. */
async function eventually(condition, what) {
  for (let tries = 0; ; tries++) {
    if (await condition()) return
    if (tries === 3000) throw new Error(`${what ?? condition} did not come about: ${JSON.stringify(poolStats())}`)
    await sleep(10)
  }
}

/** Waits until the pool has nothing queued, nothing running and holds no memory. */
async function idle() {
  await eventually(() => {
    const { interactive, bulk, memory } = poolStats()
    return interactive.queued + interactive.running + bulk.queued + bulk.running + memory.held === 0
  }, 'an idle pool')
}

/** What a promise comes to, as a value: awaited later, its rejection is never unhandled. */
function outcome(promise) {
  return promise.then(
    (value) => ({ value }),
    (error) => ({ error })
  )
}

module.exports = { CHEAP, DEAR, eventually, idle, outcome }
