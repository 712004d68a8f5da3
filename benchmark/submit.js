'use strict'

// What one job costs the event loop's thread, from the call to the settled promise: its CPU time over many
// calls of the cheapest job there is, argon2id with 8 KiB and one pass (a few microseconds, on another thread).
//
//   node submit.js [--calls 20000]

const fs = require('node:fs')
const { hashPassword } = require('..')
const { median, setting } = require('./measure.js')

const CALLS = setting('calls', 20_000)
const ROUNDS = 5

/** @returns {{ how: string, read: () => number }} read: microseconds this thread has used so far */
function clock() {
  const node = /** @type {{ threadCpuUsage?: () => { user: number, system: number } }} */ (/** @type {unknown} */ (process))
  if (node.threadCpuUsage) {
    return { how: 'process.threadCpuUsage', read: () => { const { user, system } = node.threadCpuUsage?.() ?? { user: 0, system: 0 }; return user + system } }
  }
  if (fs.existsSync('/proc/thread-self/schedstat')) {
    return { how: 'schedstat', read: () => Number(fs.readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1000 }
  }
  return { how: 'the time the loop was active, which overstates it when threads compete', read: () => performance.eventLoopUtilization().active * 1000 }
}

/**
 * @param {number} count in flight
 * @param {number} calls
 * @param {() => Promise<unknown>} call
 */
async function spend(count, calls, call) {
  let left = calls
  await Promise.all(Array.from({ length: count }, async () => {
    while (left-- > 0) await call()
  }))
}

async function main() {
  const { how, read } = clock()
  const call = () => hashPassword('x', { policy: { algorithm: 'argon2id', memoryKiB: 8, passes: 1, lanes: 1 } })
  console.log(`CPU time of the loop's thread a call, by ${how}; argon2id 8 KiB, 1 pass; medians of ${ROUNDS} rounds of ${CALLS} calls`)
  for (const count of [1, 64]) {
    await spend(count, CALLS, call)
    const costs = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = read()
      await spend(count, CALLS, call)
      costs.push((read() - before) / CALLS)
    }
    console.log(`  ${String(count).padStart(2)} in flight  ${median(costs).toFixed(1)} µs  (${costs.map((cost) => cost.toFixed(1)).join(', ')})`)
  }
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
