'use strict'

// Who packs, when. There is one scheduler an environment, and it takes one slice a turn of the event loop,
// shared by all exports that can go on. So twenty exports hold the loop no longer than one. While none can,
// nothing is scheduled.

const { setImmediate } = require('node:timers')
const { performance } = require('node:perf_hooks')

/**
 * @typedef {object} Task
 * @property {number} maxBlockMs the longest slice it stands for
 * @property {boolean} ready whether it can go on now; whoever makes it so calls `wake`
 * @property {(until: number) => void} run packs until that time, or until it is not ready. Never throws.
 */

/** Shorter shares would go by in starting and stopping. In milliseconds. */
const MIN_SHARE = 0.25
/**
 * How much of the promised time a slice aims at. The rest is for what cannot be foreseen when it ends: a
 * collection of garbage, which takes a millisecond or two, a slow row, handing over a batch.
 */
const AIM = 0.5

class Scheduler {
  /**
   * @param {() => number} [now] milliseconds
   * @param {(turn: () => void) => unknown} [defer] calls back on the loop's next turn
   */
  constructor(now = () => performance.now(), defer = setImmediate) {
    this.now = now
    this.defer = defer
    /** @type {Task[]} the next to be served first */
    this.tasks = []
    this.scheduled = false
    this.turn = this.turn.bind(this)
  }

  /** @param {Task} task */
  add(task) {
    this.tasks.push(task)
    this.wake()
  }

  /** @param {Task} task */
  remove(task) {
    const index = this.tasks.indexOf(task)
    if (index !== -1) this.tasks.splice(index, 1)
  }

  /** A task may have become ready. */
  wake() {
    if (this.scheduled || !this.tasks.some((task) => task.ready)) return
    this.scheduled = true
    this.defer(this.turn)
  }

  /** One slice. Every ready task gets an equal share of what the ones before it left. */
  turn() {
    this.scheduled = false
    const ready = this.tasks.filter((task) => task.ready)
    // Exports that wait count too: they were promised that the loop is held no longer than this.
    const limit = this.tasks.reduce((least, task) => Math.min(least, task.maxBlockMs), Infinity)
    const end = this.now() + limit * AIM
    for (let served = 0; served < ready.length; served++) {
      const time = this.now()
      const left = end - time
      // The first is always served, whatever the clock did: otherwise nothing would ever move.
      if (left <= 0 && served > 0) break
      const task = ready[served]
      if (!task.ready) continue
      const share = Math.min(left, Math.max(MIN_SHARE, left / (ready.length - served)))
      task.run(time + share)
      this.toTheBack(task)
    }
    this.wake()
  }

  /**
   * @private
   * @param {Task} task
   */
  toTheBack(task) {
    const index = this.tasks.indexOf(task)
    if (index === -1) return
    this.tasks.splice(index, 1)
    this.tasks.push(task)
  }
}

/** The one of this environment: module state is an environment's own. */
const scheduler = new Scheduler()

module.exports = { Scheduler, scheduler }
