'use strict'

// How long a call takes alone, how many are done a second with eight in flight, and what a call takes of the processors.

const { inFlight, median } = require('./measure.js')

const IN_FLIGHT = 8

/**
 * @param {() => Promise<unknown>} call
 * @param {number} seconds for either
 * @returns {Promise<() => Promise<{ ms: number, perSecond: number, cpuMs: number }>>} a turn
 */
async function timed(call, seconds) {
  await call()
  return async () => {
    /** @type {number[]} */
    const times = []
    const until = performance.now() + seconds * 1000
    do {
      const begun = performance.now()
      await call()
      times.push(performance.now() - begun)
    } while (performance.now() < until)
    const before = process.cpuUsage()
    const { calls, perSecond } = await inFlight(IN_FLIGHT, seconds, call)
    const { user, system } = process.cpuUsage(before)
    return { ms: median(times), perSecond, cpuMs: (user + system) / 1000 / calls }
  }
}

module.exports = { timed }
