'use strict'

// How long something took, and what of that the event loop's thread was taken for.

const fs = require('node:fs')
const { performance } = require('node:perf_hooks')

/** Nanoseconds that this thread has run, where Linux tells. */
function threadNs() {
  try {
    return Number(fs.readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0])
  } catch {
    return NaN
  }
}

/**
 * `loopMs` is the time that the loop was not waiting, so that nobody else had a turn: what a request feels, with the
 * pauses of the garbage collector and the time that the operating system gave the processor to another thread (which may
 * be a worker). `cpuMs` is what the thread has computed meanwhile: less of the noise of the machine, but blind to
 * whatever holds the loop without computing. The first is the promise, the second explains it.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<{ ms: number, loopMs: number, cpuMs: number }>}
 */
async function clocked(work) {
  const cpu = threadNs()
  const utilization = performance.eventLoopUtilization()
  const begun = performance.now()
  await work()
  const ms = performance.now() - begun
  const { active } = performance.eventLoopUtilization(utilization)
  return { ms, loopMs: active, cpuMs: (threadNs() - cpu) / 1e6 }
}

/**
 * Until it is compiled and its memory is warm; answers how long it then takes.
 * @param {() => Promise<unknown>} work
 * @param {number} forMs
 */
async function warmUp(work, forMs) {
  const until = performance.now() + forMs
  let ms = Infinity
  do {
    const begun = performance.now()
    await work()
    ms = Math.min(ms, performance.now() - begun)
  } while (performance.now() < until)
  return ms
}

module.exports = { clocked, warmUp }
