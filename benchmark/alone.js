'use strict'

const { execFile } = require('node:child_process')
const path = require('node:path')
const { promisify } = require('node:util')

/**
 * Runs a contender in a process of its own.
 * @param {import('./contender.js').Task} task
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Record<string, number>>}
 */
async function alone(task, env = {}) {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(__dirname, 'contender.js'), JSON.stringify(task)], {
    env: { ...process.env, ...env }, timeout: 120_000
  })
  return JSON.parse(stdout)
}

module.exports = { alone }
