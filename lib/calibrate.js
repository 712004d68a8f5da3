'use strict'

// calibratePassword: how much a password may cost on this host, under the load that it will have.

const { performance } = require('node:perf_hooks')
const check = require('./check.js')
const { jobOptions, JOB_OPTIONS } = require('./job.js')
const { OffloopError } = require('./errors.js')
const { bridge, submit } = require('./native.js')
const { DEFAULT_LIMITS, checkPolicy } = require('./policy.js')

/** OWASP's Password Storage Cheat Sheet: memory in KiB and passes of argon2id that it holds for equally strong. */
const OWASP_ARGON2 = [
  { memoryKiB: 47104, passes: 1 },
  { memoryKiB: 19456, passes: 2 },
  { memoryKiB: 12288, passes: 3 },
  { memoryKiB: 9216, passes: 4 },
  { memoryKiB: 7168, passes: 5 }
]
const OWASP_BCRYPT_COST = 10
/** Hashes one after the other in each of the concurrent chains; the first warms up. */
const ROUNDS = 4
/** From so many milliseconds on a hash is measured once, and warming up makes no difference. */
const LONG_MS = 2000
/** Settings tried at most. */
const TRIES = 6
/** So near below the target that trying on is not worth the time. */
const NEAR = 0.95
/** The part of the pool's budget that one job may take, as src/pool/budget.rs has it. */
const MOST_OF_BUDGET = 7 / 8

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
  const least = OWASP_ARGON2[4].memoryKiB
  // What each of those that run at once may take of the pool's budget.
  const share = stats.memory.budget / 1024 / Math.min(concurrency, stats.threads)
  const asked = check.integer('options.maxMemoryKiB', copy.maxMemoryKiB, least, 4 << 20, undefined)
  const wanted = asked ?? Math.min(65536, share / 2)
  const bearable = Math.min(wanted, share * MOST_OF_BUDGET, DEFAULT_LIMITS.memoryKiB)
  const maxMemoryKiB = Math.max(least, Math.floor(bearable))
  const measure = measurer(concurrency, stats.threads, copy)
  return algorithm === 'bcrypt' ? calibrateBcrypt(targetMs, measure) : calibrateArgon2(targetMs, maxMemoryKiB, measure)
}

/**
 * Measures a policy: the median of what a call takes from beginning to end while so many are in flight.
 * @param {number} concurrency
 * @param {number} threads
 * @param {Record<string, unknown>} options
 * @returns {(policy: import('../index.js').PasswordPolicy) => Promise<number>}
 */
function measurer(concurrency, threads, options) {
  const { timeoutMs, ...job } = jobOptions('options', options, 'interactive')
  const end = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs
  // What does not fit into the queue waits, and that counts: it would have to under such a load.
  const patient = { ...job, timeoutMs: -1, patient: true }
  /** @param {import('./policy.js').NativePolicy} policy */
  const hash = (policy) =>
    submit(
      patient,
      (native, id, lane) => {
        const left = end === Infinity ? -1 : Math.max(0, end - performance.now())
        return native.hashPassword(id, lane, left, 'a password of some length', policy, null, null, null, null)
      },
      'hashPassword'
    )
  return async (policy) => {
    const checked = checkPolicy(policy)
    /** @type {number[]} */
    const times = []
    const chain = async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const begin = performance.now()
        if (begin > end) throw new OffloopError('ERR_DEADLINE', `calibratePassword did not finish within ${timeoutMs} ms`)
        await hash(checked)
        const took = performance.now() - begin
        const isLong = took > LONG_MS
        // Where some have to wait, those of the first round wait less than those later on.
        if (round === 0 && !(isLong && concurrency <= threads)) continue
        times.push(took)
        if (isLong) break
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
  cost = Math.min(DEFAULT_LIMITS.bcryptCost, cost + Math.max(0, Math.floor(Math.log2(targetMs / measuredMs))))
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
    if (fits && measuredMs > targetMs * NEAR) break
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
 * The setting nearest to so much work (KiB × passes), never below OWASP's nor above what verifying takes by default.
 * @param {number} work
 * @param {{ memoryKiB: number, passes: number }} least
 * @param {number} maxMemoryKiB
 */
function settingOf(work, least, maxMemoryKiB) {
  if (work <= least.memoryKiB * least.passes) return least
  const passes = clamp(Math.floor(work / maxMemoryKiB), least.passes, DEFAULT_LIMITS.passes)
  const memoryKiB = clamp(Math.floor(work / passes / 1024) * 1024, least.memoryKiB, maxMemoryKiB)
  return { memoryKiB, passes }
}

/**
 * @param {number} value
 * @param {number} min
 * @param {number} max
 */
function clamp(value, min, max) {
  return Math.min(max, Math.max(min, value))
}

/** @param {number} ms */
function round(ms) {
  return Math.round(ms * 10) / 10
}

module.exports = { calibratePassword }
