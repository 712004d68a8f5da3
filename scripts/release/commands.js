'use strict'

// The commands of a release: `npm run version:set`, `npm run pack`, `npm run release:publish`.

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { PLATFORMS, thisPlatform } = require('../../lib/platform.js')
const { binding, packages, say } = require('../setup.js')
const { gate } = require('./gate.js')
const { pack } = require('./pack.js')
const { publish, tarballs } = require('./publish.js')
const { disagreements, setVersion } = require('./versions.js')

/**
 * Whether all versions and lists of platforms agree; part of `npm run lint`.
 * @param {string} root
 */
async function checkVersions(root) {
  const found = disagreements(root)
  for (const one of found) console.error(one)
  if (found.length > 0) console.error('A version is set everywhere by `npm run version:set -- 1.2.3`.')
  return found.length === 0 ? 0 : 1
}

/**
 * @param {string} root
 * @param {string} version
 */
async function versionSet(root, version) {
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version ?? '')) {
    console.error('Usage: npm run version:set -- 1.2.3')
    return 2
  }
  setVersion(root, version)
  return checkVersions(root)
}

/**
 * Packs this platform's package and the main one; with `--all`, which is what may be published, all of them, and only
 * if every binary passes the gate.
 * @param {string} root
 * @param {string[]} args
 */
async function packCommand(root, args) {
  let all = false
  let binaries = path.join(root, 'lib', 'binding')
  let destination = path.join(root, 'target', 'packages')
  const from = process.env.INIT_CWD ?? process.cwd()
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--all') all = true
    else if (args[i] === '--from' && i + 1 < args.length) binaries = path.resolve(from, args[++i])
    else if (args[i] === '--to' && i + 1 < args.length) destination = path.resolve(from, args[++i])
    else {
      console.error(`Not understood: ${args[i]}\nUsage: npm run pack [-- --all] [-- --from FOLDER] [-- --to FOLDER]`)
      return 2
    }
  }
  if (await checkVersions(root) !== 0) return 1
  const platforms = all ? PLATFORMS : [thisPlatform()]
  if (!all && !args.includes('--from')) {
    await packages(root)
    await binding(root)
  }
  const open = gate(platforms, (platform) => path.join(binaries, `offloop.${platform}.node`))
  if (!open && all) {
    console.error('Nothing was packed: what is refused above must not be published.')
    return 1
  }
  if (!open) say('these packages are for trying, not for publishing')
  pack({ root, platforms, binaries, destination })
  say(`packed into ${path.relative(from, destination) || '.'}`)
  return 0
}

/**
 * Publishes what `npm run pack -- --all` made, with npm's own settings for registry and credentials.
 * @param {string} root
 * @param {string[]} args
 */
async function publishCommand(root, args) {
  let folder = path.join(root, 'target', 'packages')
  let provenance = false
  let as = ''
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--provenance') provenance = true
    else if (args[i] === '--from' && i + 1 < args.length) folder = path.resolve(process.env.INIT_CWD ?? process.cwd(), args[++i])
    else if (args[i] === '--as' && i + 1 < args.length) as = args[++i]
    else {
      console.error(`Not understood: ${args[i]}\nUsage: npm run release:publish -- --as v1.2.3 [--from FOLDER] [--provenance]`)
      return 2
    }
  }
  if (await checkVersions(root) !== 0) return 1
  const { version } = require(path.join(root, 'package.json'))
  if (as !== `v${version}`) {
    console.error(`The tag to publish is ${as || 'not given (--as)'}, but the version is ${version}, whose tag is v${version}.`)
    return 1
  }
  try {
    const shell = process.platform === 'win32'
    publish(tarballs(folder, version), version, {
      provenance,
      npm: (words, interactive) => spawnSync('npm', words, { cwd: root, encoding: 'utf8', shell, stdio: interactive ? 'inherit' : 'pipe' })
    })
  } catch (error) {
    console.error(/** @type {Error} */ (error).message)
    return 1
  }
  return 0
}

module.exports = { checkVersions, versionSet, packCommand, publishCommand }
