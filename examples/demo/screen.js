'use strict'

// Progress while the jobs run: a line a job, redrawn in place on a terminal; elsewhere a plain line a second.

const { ms } = require('./probe.js')

/** @typedef {import('./job.js').Job} Job */

class Screen {
  /**
   * @param {Job[]} jobs
   * @param {InstanceType<typeof import('./probe.js').Probe>} probe
   */
  constructor(jobs, probe) {
    this.jobs = jobs
    this.probe = probe
    this.begun = performance.now()
    this.live = process.stdout.isTTY === true && !process.env.CI
    this.drawn = 0
    this.timer = setInterval(() => this.#draw(), this.live ? 100 : 1000)
    this.#draw()
  }

  #draw() {
    if (!this.live) {
      const done = this.jobs.map((job) => `${job.name} ${job.done.toLocaleString('en')}/${job.total.toLocaleString('en')}`)
      console.log(`${this.#seconds()} s  ${done.join('  ')}  ${this.#felt()}`)
      return
    }
    const lines = this.jobs.map((job) => {
      const filled = Math.round(30 * job.done / job.total)
      return `${job.name.padEnd(8)} ${'█'.repeat(filled)}${'░'.repeat(30 - filled)} ` +
        `${job.done.toLocaleString('en')} of ${job.total.toLocaleString('en')} ${job.unit}`
    })
    lines.push(`${this.#seconds()} s  ${this.#felt()}`)
    // Up to the first line of the last drawing, then each line cleared to its end.
    const up = this.drawn > 0 ? `\x1b[${this.drawn}A` : ''
    process.stdout.write(up + lines.map((line) => `${line}\x1b[K\n`).join(''))
    this.drawn = lines.length
  }

  #seconds() {
    return ((performance.now() - this.begun) / 1000).toFixed(1).padStart(5)
  }

  #felt() {
    const { loop, files } = this.probe
    return `event loop p99 ${ms(loop, 99).toFixed(2)} ms  fs.readFile p99 ${ms(files, 99).toFixed(2)} ms`
  }

  stop() {
    clearInterval(this.timer)
    this.#draw()
  }
}

module.exports = { Screen }
