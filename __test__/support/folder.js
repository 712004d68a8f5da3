'use strict'

const { mkdtempSync, readdirSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { eventually } = require('./pool.js')

/**
 * A folder that goes with the test.
 * @param {import('node:test').TestContext} t
 */
function folder(t) {
  const made = mkdtempSync(path.join(os.tmpdir(), 'offloop-test-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** A temporary file goes a moment after its export was rejected, so it is waited for. */
async function holdsOnly(directory, names) {
  const wanted = JSON.stringify([...names].sort())
  await eventually(() => JSON.stringify(readdirSync(directory).sort()) === wanted, `a folder of only ${wanted}`)
}

module.exports = { folder, holdsOnly }
