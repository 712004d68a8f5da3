'use strict'

// calibratePassword: how much a password may cost on this host, under the load that it will have.

const { performance } = require('node:perf_hooks')
const check = require('./check.js')
const { jobOptions, JOB_OPTIONS } = require('./job.js')
const { OffloopError } = require('./errors.js')
const { bridge } = require('./native.js')
const { hashPassword } = require('./password.js')

/** OWASP's Password Storage Cheat Sheet: memory in KiB and passes of argon2id that it holds for equally strong. */
const OWASP_ARGON2 = [
  { memoryKiB: 47104, passes: 1 },
  { memoryKiB: 19456, passes: 2 },
  { memoryKiB: 12288, passes: 3 },
  { memoryKiB: 9216, passes: 4 },
  { memoryKiB: 7168, passes: 5 }
]
const OWASP_BCRYPT_COST = 10
const MOST_PASSES = 65535
/** Hashes one after the other in each of the concurrent chains; the first warms up. */
const ROUNDS = 4
/** Settings tried at most. */
const TRIES = 6

/**
 * The documentation stands in index.d.ts.
 * @param {unknown} [options]
 * @returns {Promise<{ policy: import('../index.js').PasswordPolicy, measuredMs: number }>}
 */
async function calibratePassword(options) {
  const known = ['targetMs', 'concurrency', 'maxMemoryKiB', 'algorithm', ...JOB_OPTIONS]
  const copy = check.options('options', options, known)
  const targetMs = check.number('options.targetMs', copy.targetMs, 1, 60_000, 250)
  const stats = bridge.stats()
  const concurrency = check.integer('options.concurrency', copy.concurrency, 1, 1024, stats.threads)
  const algorithm = check.oneOf(
    'options.algorithm',
    copy.algorithm,
    /** @type {const} */ (['argon2id', 'bcrypt']),
    'argon2id'
  )
  // What all that run at once may take of the pool's budget, of which hashes get half.
  const share = Math.floor(stats.memory.budget / 2 / Math.min(concurrency, stats.threads) / 1024)
  const maxMemoryKiB = check.integer(
    'options.maxMemoryKiB',
    copy.maxMemoryKiB,
    OWASP_ARGON2[4].memoryKiB,
    4 << 20,
    Math.max(OWASP_ARGON2[4].memoryKiB, Math.min(65536, share))
  )
  const measure = measurer(concurrency, copy)
  return algorithm === 'bcrypt' ? calibrateBcrypt(targetMs, measure) : calibrateArgon2(targetMs, maxMemoryKiB, measure)
}

/**
 * Measures a policy: the median of what a call takes from beginning to end while so many are in flight.
 * @param {number} concurrency
 * @param {Record<string, unknown>} options
 * @returns {(policy: import('../index.js').PasswordPolicy) => Promise<number>}
 */
function measurer(concurrency, options) {
  const { signal, timeoutMs } = jobOptions('options', options, 'interactive')
  const end = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs
  const priority = /** @type {'interactive' | 'bulk' | undefined} */ (options.priority)
  return async (policy) => {
    /** @type {number[]} */
    const times = []
    const chain = async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const begin = performance.now()
        if (begin > end) throw new OffloopError('ERR_DEADLINE', `calibratePassword did not finish within ${timeoutMs} ms`)
        await hashPassword('a password of some length', {
          policy,
          priority,
          ...(signal === undefined ? {} : { signal }),
          ...(end === Infinity ? {} : { timeoutMs: end - begin })
        })
        if (round > 0) times.push(performance.now() - begin)
      }
    }
    // All, so that none is left running behind an error.
    const chains = await Promise.allSettled(Array.from({ length: concurrency }, chain))
    for (const outcome of chains) if (outcome.status === 'rejected') throw outcome.reason
    times.sort((a, b) => a - b)
    return times[Math.floor(times.length / 2)]
  }
}

/**
 * Each step of bcrypt's cost doubles its time.
 * @param {number} targetMs
 * @param {ReturnType<typeof measurer>} measure
 */
async function calibrateBcrypt(targetMs, measure) {
  /** @param {number} cost */
  const policy = (cost) => ({ algorithm: /** @type {const} */ ('bcrypt'), cost })
  let cost = OWASP_BCRYPT_COST
  let measuredMs = await measure(policy(cost))
  let best = { policy: policy(cost), measuredMs: round(measuredMs) }
  cost = Math.min(31, cost + Math.max(0, Math.floor(Math.log2(targetMs / measuredMs))))
  for (; cost > best.policy.cost; cost--) {
    measuredMs = await measure(policy(cost))
    if (measuredMs <= targetMs) best = { policy: policy(cost), measuredMs: round(measuredMs) }
  }
  return best
}

/**
 * More memory first, as much as there may be, then more passes over it.
 * @param {number} targetMs
 * @param {number} maxMemoryKiB
 * @param {ReturnType<typeof measurer>} measure
 */
async function calibrateArgon2(targetMs, maxMemoryKiB, measure) {
  const least = OWASP_ARGON2.find(({ memoryKiB }) => memoryKiB <= maxMemoryKiB) ?? OWASP_ARGON2[4]
  let setting = least
  let best = { setting: least, measuredMs: Infinity }
  const tried = new Set()
  for (let tries = 0; tries < TRIES; tries++) {
    tried.add(`${setting.memoryKiB} ${setting.passes}`)
    const measuredMs = await measure(argon2Policy(setting))
    const work = setting.memoryKiB * setting.passes
    const fits = measuredMs <= targetMs && work >= best.setting.memoryKiB * best.setting.passes
    if (fits || best.measuredMs === Infinity) best = { setting, measuredMs }
    // A little less than the rule of three says: what does not fit is of no use.
    setting = settingOf((work * targetMs * 0.97) / measuredMs, least, maxMemoryKiB)
    if (tried.has(`${setting.memoryKiB} ${setting.passes}`)) break
  }
  return { policy: argon2Policy(best.setting), measuredMs: round(best.measuredMs) }
}

/** @param {{ memoryKiB: number, passes: number }} setting */
function argon2Policy({ memoryKiB, passes }) {
  return { algorithm: /** @type {const} */ ('argon2id'), memoryKiB, passes, lanes: 1 }
}

/**
 * The setting nearest to so much work (KiB × passes), never below OWASP's.
 * @param {number} work
 * @param {{ memoryKiB: number, passes: number }} least
 * @param {number} maxMemoryKiB
 */
function settingOf(work, least, maxMemoryKiB) {
  const passes = Math.min(MOST_PASSES, Math.max(least.passes, Math.floor(work / maxMemoryKiB)))
  const memoryKiB = Math.min(maxMemoryKiB, Math.floor(work / passes / 1024) * 1024)
  return memoryKiB <= least.memoryKiB ? least : { memoryKiB, passes }
}

/** @param {number} ms */
function round(ms) {
  return Math.round(ms * 10) / 10
}

module.exports = { calibratePassword }
