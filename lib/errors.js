'use strict'

/**
 * What offloop rejects with when the arguments were right and the work failed.
 * The codes and their meaning stand in index.d.ts.
 */
class OffloopError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ cause?: unknown, row?: number, column?: string, retryable?: boolean }} [details]
   */
  constructor(code, message, details = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.retryable = details.retryable ?? (code === 'ERR_QUEUE_FULL' || code === 'ERR_DEADLINE')
    if (details.row !== undefined) this.row = details.row
    if (details.column !== undefined) this.column = details.column
  }
}
Object.defineProperty(OffloopError.prototype, 'name', {
  value: 'OffloopError',
  configurable: true,
  writable: true
})

/**
 * A TypeError or RangeError with a code, as Node's own argument errors are.
 * @param {'TypeError' | 'RangeError'} type
 * @param {string} message
 * @param {{ cause?: unknown }} [options]
 * @returns {TypeError & { code: string }}
 */
function argumentError(type, message, options) {
  const error = type === 'RangeError' ? new RangeError(message, options) : new TypeError(message, options)
  return Object.assign(error, { code: 'ERR_INVALID_ARG' })
}

module.exports = { OffloopError, argumentError }
