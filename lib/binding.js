'use strict'

// Loads the native addon. lib/native.js alone requires this.

const { existsSync } = require('node:fs')
const path = require('node:path')

/** What a platform's package is called, as npm/ names them. */
function platformPackage() {
  const { platform, arch } = process
  if (platform === 'linux') return `offloop-linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`
  if (platform === 'win32') return `offloop-win32-${arch}-msvc`
  return `offloop-${platform}-${arch}`
}

function isMusl() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report?.getReport() ?? {})
  return report.header !== undefined && report.header.glibcVersionRuntime === undefined
}

/** @returns {typeof import('./binding/index.js')} */
function loadBinding() {
  const loader = path.join(__dirname, 'binding', 'index.js')
  try {
    return require(loader)
  } catch (cause) {
    const built = existsSync(loader)
    const inCheckout = existsSync(path.join(__dirname, '..', 'Cargo.toml'))
    const remedy =
      inCheckout
        ? 'In a checkout of the repository, run `npm run build`.'
        : built
          ? `Its package for this platform is ${platformPackage()}: it is missing, or of another platform or C ` +
            'library. Install offloop anew on the machine that runs it, without --omit=optional (npm) or ' +
            '--no-optional, and do not copy node_modules between systems; bundlers must leave offloop external.'
          : 'The package is incomplete: install offloop anew.'
    const { platform, arch, version } = process
    throw new Error(`offloop's native addon could not be loaded on ${platform}-${arch}, Node.js ${version}. ${remedy}`, {
      cause
    })
  }
}

module.exports = { loadBinding }
