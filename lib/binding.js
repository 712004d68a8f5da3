'use strict'

// Finds and loads the native addon, or says what to do. lib/native.js alone requires this.

const { existsSync } = require('node:fs')
const path = require('node:path')
const { PLATFORMS, thisPlatform } = require('./platform.js')
const { version } = require('../package.json')

/** @typedef {typeof import('./binding/index.js')} Binding */

/** @returns {Binding} */
function loadBinding() {
  const platform = thisPlatform()
  const built = path.join(__dirname, 'binding', `offloop.${platform}.node`)
  const checkout = existsSync(path.join(__dirname, '..', 'Cargo.toml'))
  // Only a checkout builds its own; an installed offloop takes its platform's package.
  if (checkout && existsSync(built)) return load(built, 'run `npm run build`')
  const name = `offloop-${platform}`
  if (!PLATFORMS.includes(platform)) {
    throw failure(`there is no binary for ${platform}. There are binaries for ${PLATFORMS.join(', ')}` +
      '. Elsewhere, build it from a checkout of the repository')
  }
  if (checkout) throw failure('this is a checkout that has not been built: run `npm run build`')

  const found = installedVersion(name)
  const install = `install it with \`npm install ${name}@${version}\``
  if (found === undefined) {
    throw failure(`its package ${name}@${version}, which holds the binary for this platform, is not installed. ${reason()} ` +
      `To mend it, install offloop anew on the machine that runs it, with optional dependencies, or ${install}`)
  }
  if (found !== version) {
    throw failure(`${name} is ${found}, but offloop is ${version}; the two must be of one version. ` +
      `Remove node_modules and install anew, or ${install}`)
  }
  return load(name, `reinstall ${name}@${version}, or report this if it persists`)
}

/**
 * @param {string} request
 * @param {string} remedy
 * @returns {Binding}
 */
function load(request, remedy) {
  try {
    return require(request)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw failure(`${request} is there but does not load: ${said}. If the system lacks something that it names, provide that; ` +
      `otherwise ${remedy}`, cause)
  }
}

/**
 * @param {string} name of a platform's package
 * @returns {string | undefined}
 */
function installedVersion(name) {
  try {
    return require(`${name}/package.json`).version
  } catch {
    return undefined
  }
}

/** What the reason probably is: another platform's package tells that node_modules came from there. */
function reason() {
  const others = PLATFORMS.filter((platform) => installedVersion(`offloop-${platform}`) !== undefined)
  if (others.length > 0) {
    return `Installed is offloop-${others.join(', offloop-')}: node_modules was probably installed for another platform and ` +
      'copied here, or a lockfile made there leaves this one out.'
  }
  return 'Usual reasons: optional dependencies were left out (npm --omit=optional, --no-optional), a lockfile made on another ' +
    'platform leaves it out, or a bundler took offloop in: mark it as external.'
}

/**
 * @param {string} what
 * @param {unknown} [cause]
 */
function failure(what, cause) {
  return new Error(`offloop's native addon could not be loaded on ${thisPlatform()}, Node.js ${process.version}: ${what}.`,
    cause === undefined ? undefined : { cause })
}

module.exports = { loadBinding }
