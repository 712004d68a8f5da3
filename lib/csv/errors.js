'use strict'

const { OffloopError } = require('../errors.js')

/**
 * What a value threw, for the end of a message. Reading it must not throw in turn.
 * @param {unknown} cause
 */
function reason(cause) {
  try {
    return cause instanceof Error ? cause.message : String(cause)
  } catch {
    return 'something that cannot be printed'
  }
}

/**
 * @param {string} what
 * @param {number} row
 * @param {string} column
 * @param {{ cause?: unknown }} [details]
 */
function valueError(what, row, column, details) {
  return new OffloopError('ERR_CSV_VALUE', `row ${row}, column ${JSON.stringify(column)}: ${what}`, { row, column, ...details })
}

/**
 * @param {string} what
 * @param {number} row
 * @param {string} [column]
 */
function columnError(what, row, column) {
  const where = column === undefined ? '' : `, column ${JSON.stringify(column)}`
  return new OffloopError('ERR_CSV_COLUMN', `row ${row}${where}: ${what}`, { row, column })
}

/**
 * @param {string} what
 * @param {number} row the row that was read or to be read
 * @param {{ cause?: unknown }} [details]
 */
function sourceError(what, row, details) {
  return new OffloopError('ERR_CSV_SOURCE', `row ${row}: ${what}`, { row, ...details })
}

module.exports = { reason, valueError, columnError, sourceError }
