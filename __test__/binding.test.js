'use strict'

// What a team reads when offloop's binary is not there: what is missing, why, and what to type.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { afterEach, beforeEach, test } = require('node:test')
const { PLATFORMS, thisPlatform } = require('../lib/platform.js')

const ROOT = path.resolve(__dirname, '..')
const HERE = thisPlatform()
const { version } = require('../package.json')

/** @type {string} an application that has offloop installed, without any platform's package */
let app

beforeEach(() => {
  app = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-binding-'))
  for (const name of ['index.js', 'package.json', 'lib']) {
    fs.cpSync(path.join(ROOT, name), path.join(app, 'node_modules', 'offloop', name), {
      recursive: true, filter: (source) => path.relative(ROOT, source) !== path.join('lib', 'binding')
    })
  }
})

afterEach(() => fs.rmSync(app, { recursive: true, force: true }))

/**
 * @param {string} platform
 * @param {{ version?: string, binary?: string | Buffer }} [has]
 */
function install(platform, { version: its = version, binary = '' } = {}) {
  const folder = path.join(app, 'node_modules', `offloop-${platform}`)
  fs.mkdirSync(folder)
  const main = `offloop.${platform}.node`
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: `offloop-${platform}`, version: its, main }))
  fs.writeFileSync(path.join(folder, main), binary)
}

/** @param {string} [before] code that runs first */
function load(before = '') {
  const code = `${before}; try { require('offloop'); console.log('loaded') } catch (error) { console.log(error.message) }`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { cwd: app, encoding: 'utf8', timeout: 60_000 })
  return stdout.trim() + stderr
}

test('the package of this platform and version is what loads', () => {
  install(HERE, { binary: fs.readFileSync(path.join(ROOT, 'lib', 'binding', `offloop.${HERE}.node`)) })
  assert.equal(load(), 'loaded')
})

test('it is missing', () => {
  const message = load()
  assert.ok(message.startsWith(`offloop's native addon could not be loaded on ${HERE}, Node.js ${process.version}: its package offloop-${HERE}@${version}`), message)
  assert.match(message, /is not installed\. Usual reasons: .*--omit=optional.*lockfile.*bundler/)
  assert.ok(message.includes(`npm install offloop-${HERE}@${version}\``), message)
})

test('it is missing, but that of another platform is there', () => {
  const other = PLATFORMS.find((platform) => platform !== HERE) ?? ''
  install(other)
  assert.match(load(), new RegExp(`Installed is offloop-${other}: node_modules was probably installed for another platform and copied here`))
})

test('it is of another version', () => {
  install(HERE, { version: '0.0.1' })
  const message = load()
  assert.match(message, new RegExp(`offloop-${HERE} is 0\\.0\\.1, but offloop is ${version}; the two must be of one version`))
  assert.ok(message.includes(`npm install offloop-${HERE}@${version}\``), message)
})

test('it does not load', () => {
  install(HERE, { binary: 'no library' })
  assert.match(load(), new RegExp(`offloop-${HERE} is there but does not load: .+\\. If the system lacks something`))
})

test('a platform without a binary', () => {
  const message = load('Object.defineProperty(process, "platform", { value: "freebsd" }); Object.defineProperty(process, "arch", { value: "riscv64" })')
  assert.match(message, /on freebsd-riscv64, .*: there is no binary for freebsd-riscv64\. There are binaries for linux-x64-gnu, .*win32-arm64-msvc/)
})

test('a checkout that was not built', () => {
  fs.writeFileSync(path.join(app, 'node_modules', 'offloop', 'Cargo.toml'), '')
  assert.match(load(), /has not been built: run `npm run build`/)
})
