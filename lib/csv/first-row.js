'use strict'

// The first row of a source says what the rows are, and which columns there are where the options name none.

const { isPromise } = require('node:util/types')
const check = require('../check.js')
const { OffloopError } = require('../errors.js')
const { fromRow } = require('./columns.js')
const { reason, sourceError } = require('./errors.js')

/**
 * @param {ArrayLike<unknown>} rows
 * @param {number} at
 */
function firstOf(rows, at) {
  try {
    return rows[at]
  } catch (cause) {
    throw sourceError(`the array could not be read: ${reason(cause)}`, 0, { cause })
  }
}

/** @param {object} row */
function columnsOf(row) {
  try {
    return fromRow(row, 0)
  } catch (cause) {
    if (cause instanceof OffloopError) throw cause
    throw sourceError('the row could not be read', 0, { cause })
  }
}

/** @param {object} row */
function isArray(row) {
  try {
    return Array.isArray(row)
  } catch (cause) {
    throw sourceError('the row could not be read', 0, { cause })
  }
}

/**
 * What is no row; and what passes for an object and is none, looked for where it costs nothing: in the first.
 * @param {unknown} row
 */
function checkFirst(row) {
  const expected = 'a row must be an object or an array'
  if (row === null || typeof row !== 'object') throw sourceError(`${expected}; got ${check.describe(row)}`, 0)
  if (isPromise(row)) throw sourceError(`${expected}; got a Promise: await it first`, 0)
  if (ArrayBuffer.isView(row)) throw sourceError(`${expected}; got ${check.describe(row)}`, 0)
}

module.exports = { firstOf, columnsOf, isArray, checkFirst }
