'use strict'

// What everyone else in the process feels: how late the event loop's timers are, and how long the reading of
// a tiny file takes, which goes through libuv's threads.

const fs = require('node:fs/promises')
const { createHistogram, monitorEventLoopDelay } = require('node:perf_hooks')

class Probe {
  /** @param {{ readEveryMs?: number }} [options] */
  constructor({ readEveryMs = 10 } = {}) {
    // The monitor measures from timer to timer, so its resolution of 1 ms is part of every figure: compare
    // with idle, not with nought.
    this.loop = monitorEventLoopDelay({ resolution: 1 })
    this.files = createHistogram()
    this.loop.enable()
    this.timer = setInterval(() => this.#read(), readEveryMs)
  }

  async #read() {
    const begun = process.hrtime.bigint()
    try {
      await fs.readFile(__filename)
      this.files.record(process.hrtime.bigint() - begun)
    } catch {
      // A demo that cannot read itself has nothing to report here.
    }
  }

  stop() {
    this.loop.disable()
    clearInterval(this.timer)
  }
}

/**
 * @param {{ percentile: (p: number) => number, count: number }} histogram of nanoseconds
 * @param {number} p
 */
function ms(histogram, p) {
  return histogram.count === 0 ? 0 : histogram.percentile(p) / 1e6
}

module.exports = { Probe, ms }
