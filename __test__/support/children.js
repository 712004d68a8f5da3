'use strict'

// Child processes of tests. What must be true of a whole process (its exit, its pool's settings, what it
// leaves behind) is shown in one of its own.

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const path = require('node:path')

/** Far more than any child takes, also on a busy machine: running into it is a failure. */
const LIMIT_MS = 60_000

const ROOT = path.join(__dirname, '..', '..')

/**
 * Runs Node.js until it ends. The caller may talk to it meanwhile.
 * @param {string[]} args of node
 * @param {{ during?: (child: import('node:child_process').ChildProcess) => void, env?: Record<string, string>, limitMs?: number }} [options]
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
function node(args, { during, env, limitMs = LIMIT_MS } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      // The runner's own variable would have a child report as a test.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let stdout = ''
    let stderr = ''
    let late = false
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, limitMs)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (late) reject(new Error(`node ${args.join(' ')} had not ended after ${limitMs} ms.\n${stdout}${stderr}`))
      else resolve({ code, signal, stdout, stderr })
    })
    during?.(child)
  })
}

/**
 * Runs a scenario of a program to its end: it says that it came there, exits by itself, and complains of
 * nothing.
 * @param {string} program in __test__/lifecycle
 * @param {string} scenario
 * @param {{ args?: string[], flags?: string[], env?: Record<string, string>, limitMs?: number }} [options] args: the scenario's; flags: Node's
 */
async function passes(program, scenario, { args = [], flags = [], ...options } = {}) {
  const { code, signal, stdout, stderr } = await node([...flags, path.join(ROOT, '__test__', 'lifecycle', program), scenario, ...args], options)
  assert.deepEqual({ code, signal, stdout, stderr }, { code: 0, signal: null, stdout: 'came to the end\n', stderr: '' })
}

/**
 * The other side: a program of scenarios, of which the first argument names one. Nothing ends the process but
 * the end of its work.
 * @param {Record<string, (...args: string[]) => unknown>} scenarios
 */
async function program(scenarios) {
  const [name, ...args] = process.argv.slice(2)
  await scenarios[name](...args)
  process.stdout.write('came to the end\n')
}

module.exports = { node, passes, program, ROOT }
