'use strict'

// Gets what the readers need onto this machine: looks for it first, installs it where it may, and else says what is missing.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const stamps = require('../../scripts/stamp.js')

/** What a reader needs and does not get. */
class Missing extends Error {}

/**
 * Runs a program to its end and gives what it printed.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {string}
 */
function run(program, args, options = {}) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 30, timeout: 600_000, ...options })
  if (result.status !== 0) {
    const reason = result.error?.message ?? `exit code ${result.status ?? result.signal}`
    throw new Error(`${path.basename(program)} ${args.join(' ').slice(0, 200)}: ${reason}\n${`${result.stderr ?? ''}`.trim().slice(-2000)}`)
  }
  return /** @type {string} */ (result.stdout)
}

/**
 * The first of some programs that runs.
 * @param {readonly string[]} programs
 * @param {readonly string[]} [args]
 */
function found(programs, args = ['--version']) {
  return programs.find((program) => spawnSync(program, args, { stdio: 'ignore', timeout: 60_000 }).status === 0)
}

let lists = false

/**
 * A Debian package, where we may install one.
 * @param {readonly string[]} names
 * @param {string} [elsewhere] what people are to do who have no apt-get
 */
function apt(names, elsewhere = '') {
  const words = names.join(' ')
  const help = `\`sudo apt-get install --no-install-recommends ${words}\` on Debian or Ubuntu${elsewhere && `; ${elsewhere}`}`
  if (process.platform !== 'linux' || found(['apt-get']) === undefined) throw new Missing(`not here, and there is no apt-get to install it with: ${help}`)
  if (process.getuid?.() !== 0) throw new Missing(`not here, and only root may install it: ${help}`)
  console.log(`offloop: installing ${words}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    if (!lists) run('apt-get', ['update', '-qq'], { env })
    lists = true
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env })
  } catch (error) {
    throw new Missing(`could not be installed: ${/** @type {Error} */ (error).message}`)
  }
}

/** @returns {string} a Python 3 */
function python() {
  const names = process.platform === 'win32' ? ['py', 'python'] : ['python3']
  let program = found(names)
  if (program === undefined) {
    apt(['python3'], 'else https://www.python.org/downloads/')
    program = found(names)
  }
  if (program === undefined) throw new Missing('Python 3 does not run after it was installed')
  return program
}

/** @returns {string} a Python with what requirements.txt names, in a folder of its own */
function environment() {
  const folder = path.join(__dirname, '..', '..', 'target', 'interop', 'venv')
  const program = path.join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  const base = python()
  const stamp = path.join(folder, 'stamp.json')
  const inputs = stamps.digest(__dirname, ['requirements.txt'], [run(base, ['--version'])])
  if (stamps.read(stamp).inputs === inputs && found([program]) !== undefined) return program
  // Debian keeps it apart.
  if (found([base], ['-c', 'import ensurepip, venv']) === undefined) apt(['python3-venv'])
  console.log('offloop: installing the Python packages of __test__/interop/requirements.txt')
  fs.rmSync(folder, { recursive: true, force: true })
  try {
    run(base, ['-m', 'venv', folder])
    run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '--requirement', path.join(__dirname, 'requirements.txt')])
  } catch (error) {
    throw new Missing(`pip could not install requirements.txt: ${/** @type {Error} */ (error).message}`)
  }
  stamps.write(stamp, { inputs })
  return program
}

module.exports = { Missing, apt, environment, found, python, run }
