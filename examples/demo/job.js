'use strict'

// What the demo's three kinds of work have in common: how far they are, and how long each call took.

const { createHistogram } = require('node:perf_hooks')

/**
 * @typedef {object} Job
 * @property {string} name
 * @property {string} unit what `done` counts
 * @property {number} total
 * @property {number} done
 * @property {number} seconds from start to end
 * @property {import('node:perf_hooks').RecordableHistogram | null} latency of the single calls, in microseconds
 * @property {() => Promise<void>} run
 * @property {() => Promise<string>} verify reads the result back and says what it found, or throws
 */

/**
 * @param {Pick<Job, 'name' | 'unit' | 'total'>} about
 * @param {(job: Job) => Promise<void>} run
 * @param {(job: Job) => Promise<string>} verify
 * @param {{ calls: boolean }} options whether there are single calls to time
 * @returns {Job}
 */
function createJob(about, run, verify, { calls }) {
  /** @type {Job} */
  const job = {
    ...about,
    done: 0,
    seconds: 0,
    latency: calls ? createHistogram() : null,
    run: () => run(job),
    verify: () => verify(job)
  }
  return job
}

/**
 * Waits for one call, counts it and keeps how long it took.
 * @template T
 * @param {Job} job
 * @param {() => Promise<T>} call
 * @returns {Promise<T>}
 */
async function timed(job, call) {
  const begun = performance.now()
  const result = await call()
  job.latency?.record(Math.max(1, Math.round((performance.now() - begun) * 1000)))
  job.done++
  return result
}

/**
 * Waits for all. When one fails, the others are aborted and waited for, so that nothing still runs or writes
 * when the failure is reported.
 * @param {AbortController} controller
 * @param {Promise<void>[]} running
 */
async function together(controller, running) {
  try {
    await Promise.all(running)
  } catch (error) {
    controller.abort(error)
    await Promise.allSettled(running)
    throw error
  }
}

module.exports = { createJob, timed, together }
