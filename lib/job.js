'use strict'

// The options that every job takes.

const check = require('./check.js')
const { argumentError } = require('./errors.js')

const JOB_OPTIONS = /** @type {const} */ (['signal', 'timeoutMs', 'priority'])

/**
 * @typedef {'interactive' | 'bulk'} Lane
 * @typedef {{ signal: AbortSignal | undefined, timeoutMs: number, lane: 0 | 1 }} Job timeoutMs is -1 where
 * there is none; lane 0 is interactive.
 */

/**
 * @param {string} name of the argument that the options came in
 * @param {Record<string, unknown>} copy
 * @param {Lane} defaultLane
 * @returns {Job}
 */
function jobOptions(name, copy, defaultLane) {
  const priority = check.oneOf(
    `${name}.priority`,
    copy.priority,
    /** @type {const} */ (['interactive', 'bulk']),
    defaultLane
  )
  const timeoutMs = check.number(`${name}.timeoutMs`, copy.timeoutMs, 0, Number.MAX_SAFE_INTEGER, -1)
  return { signal: signalOption(`${name}.signal`, copy.signal), timeoutMs, lane: priority === 'bulk' ? 1 : 0 }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {AbortSignal | undefined}
 */
function signalOption(name, value) {
  if (value === undefined) return undefined
  let looksRight
  try {
    // Not instanceof: a signal may come from another realm, as under Jest.
    const signal = /** @type {any} */ (value)
    looksRight =
      value !== null &&
      typeof value === 'object' &&
      typeof signal.aborted === 'boolean' &&
      typeof signal.addEventListener === 'function' &&
      typeof signal.removeEventListener === 'function'
  } catch (cause) {
    throw argumentError('TypeError', `${name} could not be read`, { cause })
  }
  if (!looksRight) throw check.typeError(name, 'an AbortSignal', value)
  return /** @type {AbortSignal} */ (value)
}

module.exports = { JOB_OPTIONS, jobOptions }
