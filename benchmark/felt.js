'use strict'

// What everyone else in the process feels: a small file is read every few milliseconds, whatever happens, as requests
// come; what counts is the time from when it was due. (A probe that waits for its turn before it begins to measure
// would see nothing of a loop that is blocked.) And the event loop's delay, timer to timer.

const fs = require('node:fs/promises')
const { createHistogram, monitorEventLoopDelay } = require('node:perf_hooks')
const { setTimeout: sleep } = require('node:timers/promises')

class Felt {
  /** @param {number} everyMs */
  constructor(everyMs) {
    this.files = createHistogram()
    this.loop = monitorEventLoopDelay({ resolution: 1 })
    this.loop.enable()
    this.everyMs = everyMs
    this.due = performance.now()
    /** @type {Set<Promise<void>>} */
    this.reads = new Set()
    this.timer = setInterval(() => this.#readWhatIsDue(), 1)
  }

  #readWhatIsDue() {
    for (; this.due <= performance.now(); this.due += this.everyMs) {
      const read = this.#read(this.due).finally(() => this.reads.delete(read))
      this.reads.add(read)
    }
  }

  /** @param {number} due */
  async #read(due) {
    await fs.readFile(__filename)
    this.files.record(Math.max(1, Math.round((performance.now() - due) * 1e6)))
  }

  /** Waits for what is under way, which is to be counted too. */
  async stop() {
    this.#readWhatIsDue()
    clearInterval(this.timer)
    await Promise.all(this.reads)
    // The monitor's own last turn.
    await sleep(10)
    this.loop.disable()
  }
}

module.exports = { Felt }
