'use strict'

// A command that runs several parts runs them all, and names the failed ones at the end.

const path = require('node:path')
const { answer, run: child } = require('./children.js')
const { say } = require('./setup.js')

const ROOT = path.resolve(__dirname, '..')

/** @typedef {{ name: string, run: () => Promise<number> }} Part */

/**
 * Whether cargo has a further command. Trying it would print an error where it has not.
 * @param {string} name
 */
function hasSubcommand(name) {
  return answer('cargo', ['--list'], ROOT)?.split('\n').some((line) => line.trim().split(' ')[0] === name) ?? false
}

/**
 * The Cargo profile that everything is compiled with which is not to be published: CI names one, so that it compiles
 * each dependency once; elsewhere Cargo's own serve.
 * @returns {string | undefined}
 */
function testProfile() {
  return process.env.OFFLOOP_PROFILE || undefined
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Part}
 */
function cargo(name, args) {
  const profile = testProfile()
  const flag = { clippy: '--profile', test: '--profile', nextest: '--cargo-profile' }[args[0]]
  // After `nextest run`, and before what is for the tool that Cargo runs.
  const at = args[0] === 'nextest' ? 2 : 1
  const all = profile === undefined || flag === undefined ? args : [...args.slice(0, at), flag, profile, ...args.slice(at)]
  return { name, run: () => child('cargo', all, { cwd: ROOT }) }
}

/** @param {Part[]} parts */
async function all(parts) {
  const failed = []
  for (const part of parts) {
    say(part.name)
    const code = await part.run()
    // Ctrl-C is for all of it, not for the part that happened to run.
    if (code === 130) return code
    if (code !== 0) failed.push(part.name)
  }
  if (failed.length === 0) {
    say(`all passed: ${parts.map((part) => part.name).join(', ')}`)
    return 0
  }
  console.error(`offloop: FAILED: ${failed.join(', ')}`)
  return 1
}

module.exports = { all, cargo, hasSubcommand, testProfile }
