'use strict'

// What the measurements share: keeping a number of calls in flight, and simple statistics.

/**
 * Keeps `count` calls in flight until the time is up, then waits for the last ones.
 * @param {number} count
 * @param {number} seconds
 * @param {() => Promise<unknown>} call
 * @returns {Promise<{ calls: number, perSecond: number, latencies: number[] }>} latencies in ms
 */
async function inFlight(count, seconds, call) {
  const begun = performance.now()
  const until = begun + seconds * 1000
  /** @type {number[]} */
  const latencies = []
  await Promise.all(Array.from({ length: count }, async () => {
    while (performance.now() < until) {
      const start = performance.now()
      await call()
      latencies.push(performance.now() - start)
    }
  }))
  return { calls: latencies.length, perSecond: latencies.length / ((performance.now() - begun) / 1000), latencies }
}

/**
 * @param {number[]} values
 * @param {number} p 0 to 100; the smallest value that at least p percent do not exceed
 */
function percentile(values, p) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * p / 100) - 1)]
}

/** @param {number[]} values */
function median(values) {
  return percentile(values, 50)
}

/**
 * The number after `--name`, or what is usual.
 * @param {string} name
 * @param {number} usual
 */
function setting(name, usual) {
  const at = process.argv.indexOf(`--${name}`)
  return at === -1 ? usual : Number(process.argv[at + 1])
}

module.exports = { inFlight, percentile, median, setting }
