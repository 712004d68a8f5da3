'use strict'

// One version, written in many files, and eight platforms, listed in several places: whether they agree, and how a new
// version gets everywhere.

const fs = require('node:fs')
const path = require('node:path')
const { PLATFORMS } = require('../../lib/platform.js')
const { TARGETS } = require('../targets.js')

/**
 * @param {string} file
 * @returns {Record<string, any>}
 */
function json(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'))
}

/**
 * What a platform's package must say of itself; npm decides by it whom it installs the package for.
 * @param {string} platform
 */
function identity(platform) {
  const [os, cpu, abi] = platform.split('-')
  return {
    name: `offloop-${platform}`,
    main: `offloop.${platform}.node`,
    files: [`offloop.${platform}.node`],
    os: [os],
    cpu: [cpu],
    libc: os === 'linux' ? [abi === 'gnu' ? 'glibc' : 'musl'] : undefined
  }
}

/**
 * Everything that disagrees, each with what to do.
 * @param {string} root
 */
function disagreements(root) {
  /** @type {string[]} */
  const found = []
  const manifest = json(path.join(root, 'package.json'))
  const { version } = manifest
  /**
   * @param {string} place
   * @param {unknown} is
   * @param {unknown} should
   */
  const same = (place, is, should) => {
    if (JSON.stringify(is) !== JSON.stringify(should)) found.push(`${place} is ${JSON.stringify(is)}, not ${JSON.stringify(should)}`)
  }

  const lockfile = json(path.join(root, 'package-lock.json'))
  same('package-lock.json: version', lockfile.version, version)
  same('package-lock.json: packages[""].version', lockfile.packages[''].version, version)
  same('Cargo.toml: version', cargoVersion(root, 'Cargo.toml'), version)
  same('Cargo.lock: the version of offloop', cargoVersion(root, 'Cargo.lock'), version)

  same('package.json: napi.targets', manifest.napi.targets, Object.keys(TARGETS))
  same('scripts/targets.js: its platforms', Object.values(TARGETS), PLATFORMS)
  same('the folders of npm/', fs.readdirSync(path.join(root, 'npm')).sort(), [...PLATFORMS].sort())
  for (const platform of PLATFORMS) {
    const file = path.join(root, 'npm', platform, 'package.json')
    if (!fs.existsSync(file)) continue
    const { name, main, files, os, cpu, libc, version: own, engines, license } = json(file)
    same(`npm/${platform}/package.json: version`, own, version)
    same(`npm/${platform}/package.json: what it is for`, { name, main, files, os, cpu, libc }, identity(platform))
    same(`npm/${platform}/package.json: engines`, engines, manifest.engines)
    same(`npm/${platform}/package.json: license`, license, manifest.license)
  }
  return found
}

const CARGO = {
  'Cargo.toml': /^(\[package\]\nname = "offloop"\nversion = ")([^"]+)(")/m,
  'Cargo.lock': /^(\[\[package\]\]\nname = "offloop"\nversion = ")([^"]+)(")/m
}

/**
 * @param {string} root
 * @param {keyof typeof CARGO} file
 */
function cargoVersion(root, file) {
  return CARGO[file].exec(fs.readFileSync(path.join(root, file), 'utf8'))?.[2]
}

/**
 * Writes a version everywhere.
 * @param {string} root
 * @param {string} version
 */
function setVersion(root, version) {
  for (const name of ['package.json', 'package-lock.json', ...PLATFORMS.map((platform) => `npm/${platform}/package.json`)]) {
    const file = path.join(root, name)
    const text = fs.readFileSync(file, 'utf8')
    // The first one is the package's own; the lockfile says it twice. The rest of the text stays as it is.
    let times = name === 'package-lock.json' ? 2 : 1
    fs.writeFileSync(file, text.replace(/("version": ")[^"]+(")/g, (whole, before, after) => times-- > 0 ? before + version + after : whole))
  }
  for (const name of /** @type {(keyof typeof CARGO)[]} */ (Object.keys(CARGO))) {
    const file = path.join(root, name)
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(CARGO[name], `$1${version}$3`))
  }
}

module.exports = { disagreements, setVersion }
