'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { boom } = require('./bad-values.js')
const { idle } = require('./pool.js')

/**
 * Rows of a table: what is called, what with, and what the message names.
 * @typedef {[what: string, call: () => unknown, named: RegExp]} Row
 */

/** The rows of one argument over a table of values. */
function each(what, values, call, named) {
  return Object.entries(values).map(([name, make]) => [`${what}: ${name}`, () => call(make()), named])
}

/** An argument error, as Node's own are: its class, its code, its argument. */
function isArgumentError(error, named) {
  assert.ok(error instanceof TypeError || error instanceof RangeError, String(error))
  assert.equal(error.code, 'ERR_INVALID_ARG')
  assert.match(error.message, named)
  assert.ok(error.message.length < 600, `${error.message.length} characters are too many to read`)
  if (error.cause === undefined) assert.notEqual(error, boom)
}

/**
 * Each row's call is refused: a promise that rejects, or an exception where the call is synchronous.
 * @param {string} title
 * @param {Row[]} rows
 * @param {{ throws?: boolean }} [options]
 */
function refuses(title, rows, { throws = false } = {}) {
  test(title, async (t) => {
    for (const [what, call, named] of rows) {
      await t.test(what, async () => {
        if (throws) {
          assert.throws(call, (error) => (isArgumentError(error, named), true))
          return
        }
        const promise = call()
        assert.ok(promise instanceof Promise, 'an async function throws nothing')
        await assert.rejects(promise, (error) => (isArgumentError(error, named), true))
      })
    }
    await idle()
  })
}

module.exports = { each, refuses }
