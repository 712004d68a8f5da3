'use strict'

// The one door to the native addon: promises by id, settled in batches (see src/node/environment.rs).

const os = require('node:os')
const { clearTimeout, setImmediate, setTimeout } = require('node:timers')
const { onAbort } = require('./abort.js')
const { loadBinding } = require('./binding.js')
const { OffloopError, argumentError } = require('./errors.js')
const { closeAtExit } = require('./exit.js')
const { lineUp, someoneWaits, wake, whenNobodyWaits } = require('./patience.js')
const { isTraced, traceSubmit, traceSettled } = require('./trace.js')

/**
 * @typedef {import('./binding/index.js').Bridge} Bridge
 * @typedef {{ code: string, message: string, errno?: number | null, row?: number | null, column?: number | null }} Failure
 * @typedef {import('./job.js').Job & { patient?: boolean }} Job patient: waits for a place where the queue is full
 * @typedef {object} Pending what is to be settled under an id
 * @property {(value: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((value: any) => void) | undefined} onNews for jobs that say something before they end
 * @property {(() => void) | undefined} unlisten
 * @property {import('./trace.js').Context | undefined} trace
 * @property {(() => readonly string[]) | undefined} [names] of the columns that an error may speak of
 */

const { Bridge } = loadBinding()

/** @type {Map<number, Pending>} */
const pending = new Map()
let lastId = 0
let draining = false

const bridge = new Bridge(settle)
closeAtExit(() => bridge.close())

/**
 * Called by the addon, on this thread, with everything that has been settled since the last time.
 * @param {Array<{ id: number, kind: number, value: any }>} settlements
 */
function settle(settlements) {
  let someEnded = false
  for (const { id, kind, value } of settlements) {
    const job = pending.get(id)
    // Aborted meanwhile: its promise has been settled.
    if (job === undefined) continue
    if (kind === 2) {
      job.onNews?.(value)
      continue
    }
    end(id, job, kind === 0 ? undefined : { error: errorOf(value, job.names?.()) }, value)
    someEnded = true
  }
  if (someEnded) wake()
}

/**
 * @param {number} id
 * @param {Pending} job
 * @param {{ error: unknown } | undefined} failure
 * @param {unknown} value
 */
function end(id, job, failure, value) {
  pending.delete(id)
  job.unlisten?.()
  bridge.release(id)
  if (pending.size === 0) {
    bridge.hold(false)
    settleDrains()
  }
  if (job.trace !== undefined) traceSettled(job.trace, failure)
  if (failure === undefined) job.resolve(value)
  else job.reject(failure.error)
}

/**
 * @param {Failure} failure
 * @param {readonly string[]} [names] of the columns
 * @returns {Error}
 */
function errorOf({ code, message, errno, row, column }, names) {
  if (typeof column === 'number') return cellError(code, message, row, names?.[column] ?? String(column))
  if (code === 'ERR_INVALID_ARG') return argumentError('RangeError', message)
  if (typeof errno !== 'number') return new OffloopError(code, message)
  // libuv's numbers are the system's, negated; on Windows the names differ and none may be known.
  const name = os.platform() === 'win32' ? undefined : errnoName(errno)
  const cause = Object.assign(new Error(message), { errno: -errno, ...(name === undefined ? {} : { code: name }) })
  return new OffloopError(code, message, { cause })
}

/**
 * @param {string} code
 * @param {string} message
 * @param {number | null | undefined} row of the source; none is the header
 * @param {string} column
 */
function cellError(code, message, row, column) {
  const where = `${typeof row === 'number' ? `row ${row}` : 'the header'}, column ${JSON.stringify(column)}`
  return new OffloopError(code, `${where}: ${message}`, { row: row ?? undefined, column })
}

/** @param {number} errno */
function errnoName(errno) {
  for (const [name, number] of Object.entries(os.constants.errno)) if (number === errno) return name
  return undefined
}

function nextId() {
  do lastId = lastId === 0xffffffff ? 1 : lastId + 1
  while (pending.has(lastId))
  return lastId
}

/**
 * Submits a job.
 *
 * `start` makes the native call under the id it is given, synchronously, and returns its failure if it was
 * not admitted.
 * @param {Job} job
 * @param {(native: Bridge, id: number, lane: 0 | 1, timeoutMs: number) => Failure | null | undefined} start
 * @param {string} operation the public function's name, for tracing
 * @returns {Promise<any>}
 */
function submit(job, start, operation) {
  return new Promise((resolve, reject) => {
    begin(nextId(), job, start, operation, resolve, reject, undefined)
  })
}

/**
 * @param {number} id
 * @param {Job} job
 * @param {(native: Bridge, id: number, lane: 0 | 1, timeoutMs: number) => Failure | null | undefined} start
 * @param {string} operation
 * @param {(value: any) => void} resolve
 * @param {(error: unknown) => void} reject
 * @param {((value: any) => void) | undefined} onNews
 * @param {() => readonly string[]} [names]
 */
function begin(id, job, start, operation, resolve, reject, onNews, names) {
  const { signal, lane, timeoutMs } = job
  if (signal?.aborted) return reject(signal.reason)
  if (draining) return reject(new OffloopError('ERR_SHUTDOWN', 'drainPool was called: no more jobs are taken'))
  /** @type {import('./trace.js').Context | undefined} */
  const trace = isTraced() ? { operation, lane: lane === 0 ? 'interactive' : 'bulk' } : undefined
  const call = () => start(bridge, id, lane, timeoutMs)
  // Nobody goes first who came later.
  const waits = job.patient === true && someoneWaits()
  const submitted = () => (waits ? undefined : call())
  const failure = trace === undefined ? submitted() : traceSubmit(trace, submitted)
  const isFull = job.patient === true && failure?.code === 'ERR_QUEUE_FULL'
  if (failure !== null && failure !== undefined && !isFull) {
    // It may have been let in for a moment.
    bridge.release(id)
    const error = errorOf(failure)
    if (trace !== undefined) traceSettled(trace, { error })
    return reject(error)
  }
  /** @type {Pending} */
  const entry = { resolve, reject, onNews, unlisten: undefined, trace, names }
  if (pending.size === 0) bridge.hold(true)
  pending.set(id, entry)
  if (waits || isFull) lineUp(() => letIn(id, entry, call))
  if (signal === undefined) return
  // A subscriber of the trace may have aborted it.
  if (signal.aborted) return cancel(id, signal.reason)
  try {
    entry.unlisten = onAbort(signal, () => cancel(id, signal.reason))
  } catch (cause) {
    // Only a signal of somebody else's making. The job is there already, and nobody would ever end it.
    cancel(id, argumentError('TypeError', 'options.signal could not be listened to', { cause }))
  }
}

/**
 * Asks for a place once more. False if there is none yet.
 * @param {number} id
 * @param {Pending} job
 * @param {() => Failure | null | undefined} call
 * @returns {boolean}
 */
function letIn(id, job, call) {
  // Given up meanwhile.
  if (pending.get(id) !== job) return true
  let error
  try {
    const failure = call()
    if (failure === null || failure === undefined) return true
    if (failure.code === 'ERR_QUEUE_FULL') return false
    error = errorOf(failure)
  } catch (thrown) {
    error = thrown
  }
  end(id, job, { error }, undefined)
  return true
}

/**
 * Rejects a job at once, and has its work stop when it looks. Does nothing when the job has been settled.
 * @param {number} id
 * @param {unknown} reason
 */
function cancel(id, reason) {
  const job = pending.get(id)
  if (job === undefined) return
  end(id, job, { error: reason }, undefined)
  wake()
}

/**
 * Takes no more jobs of this environment, and waits for those that are here.
 * @param {number} timeoutMs -1: as long as it takes
 * @returns {Promise<void>}
 */
function drain(timeoutMs) {
  draining = true
  return new Promise((resolve, reject) => {
    const timer = timeoutMs < 0 ? undefined : setTimeout(giveUp, Math.min(timeoutMs, 0x7fffffff))
    const waiter = { resolve, timer }
    waiters.add(waiter)
    // The native side lets nobody in from then on.
    whenNobodyWaits(() => {
      if (drainId === 0 && waiters.size > 0) awaitJobs()
    })

    function giveUp() {
      const left = [...pending.keys()].filter((id) => id !== drainId)
      for (const id of left) {
        cancel(id, new OffloopError('ERR_SHUTDOWN', 'the job did not end before drainPool gave up'))
      }
      waiters.delete(waiter)
      // Work that cannot be stopped midway keeps the process only while somebody waits for its end.
      if (waiters.size === 0) cancel(drainId, undefined)
      reject(new OffloopError('ERR_DEADLINE', `${left.length} jobs had not ended after ${timeoutMs} ms; they were cancelled`))
    }
  })
}

/**
 * The calls of drainPool that wait. The native side is asked once for all of them, under `drainId`.
 * @type {Set<{ resolve: () => void, timer: NodeJS.Timeout | undefined }>}
 */
const waiters = new Set()
let drainId = 0

/** The native side has said that the work has ended. A job's own settlement may be on its way still. */
let workEnded = false

function awaitJobs() {
  workEnded = false
  drainId = nextId()
  const resolve = () => {
    drainId = 0
    workEnded = true
    settleDrains()
  }
  const reject = () => {
    drainId = 0
  }
  if (pending.size === 0) bridge.hold(true)
  pending.set(drainId, { resolve, reject, onNews: undefined, unlisten: undefined, trace: undefined })
  bridge.drain(drainId)
}

/** Whether no more jobs are taken. */
function isDraining() {
  return draining
}

function settleDrains() {
  if (!workEnded || pending.size > 0 || waiters.size === 0) return
  const drained = [...waiters]
  waiters.clear()
  for (const { timer } of drained) clearTimeout(timer)
  // Not before those who waited for the last jobs have heard of them: whoever drains exits next.
  setImmediate(() => {
    for (const waiter of drained) waiter.resolve()
  })
}

module.exports = { bridge, submit, begin, cancel, nextId, drain, errorOf, isDraining }
