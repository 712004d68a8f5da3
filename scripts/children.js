'use strict'

// Child processes: all output goes to the terminal as it comes, and Ctrl-C reaches the child first.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, shell?: boolean }} options
 * @returns {Promise<number>} the exit code; 128 and the signal's number when a signal ended it; 127 when it
 *   could not be started
 */
function run(program, args, options) {
  // The terminal sends Ctrl-C to the whole process group. The child ends in its own way and time; were we
  // to die at once, the shell's prompt would come back while it still cleans up.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', ...options })
    const terminate = () => child.kill('SIGTERM')
    process.once('SIGTERM', terminate)
    /** @param {number} code */
    const end = (code) => {
      process.off('SIGINT', ignore)
      process.off('SIGTERM', terminate)
      resolve(code)
    }
    child.once('error', (error) => {
      console.error(`${program} could not be started: ${error.message}`)
      end(127)
    })
    child.once('close', (code, signal) => {
      end(signal === null ? (code ?? 1) : 128 + os.constants.signals[signal])
    })
  })
}

/**
 * What a program prints, or null when it is missing or fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function answer(program, args, cwd) {
  // The error stream stays the terminal's: rustup explains there what it downloads or what it lacks.
  const result = spawnSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (result.error || result.status !== 0) return null
  return result.stdout.trim()
}

/**
 * Runs npm. The npm that started us tells where its program is, which spares Windows its npm.cmd and a shell.
 * @param {readonly string[]} args fixed words: on Windows they may pass through a shell
 * @param {string} cwd
 */
function npm(args, cwd) {
  const program = process.env.npm_execpath
  if (program && /\.c?js$/.test(program)) return run(process.execPath, [program, ...args], { cwd })
  return run('npm', args, { cwd, shell: process.platform === 'win32' })
}

/**
 * Runs a command of an installed package, without npx: no shell, no search, no download.
 * @param {string} root
 * @param {string} name the package
 * @param {string} command its command
 * @param {readonly string[]} args
 */
function packaged(root, name, command, args) {
  const folder = path.join(root, 'node_modules', name)
  const { bin } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const program = path.join(folder, typeof bin === 'string' ? bin : bin[command])
  return run(process.execPath, [program, ...args], { cwd: root })
}

module.exports = { run, answer, npm, packaged }
