'use strict'

// The platforms that offloop has a binary for, and which of them this is.

const { closeSync, openSync, readSync } = require('node:fs')

/** As npm/ names its folders. The package of each is `offloop-<platform>`, its binary `offloop.<platform>.node`. */
const PLATFORMS = Object.freeze([
  'linux-x64-gnu', 'linux-arm64-gnu', 'linux-x64-musl', 'linux-arm64-musl',
  'darwin-x64', 'darwin-arm64', 'win32-x64-msvc', 'win32-arm64-msvc'
])

/** This platform in the same form, whether or not it is one of them. */
function thisPlatform() {
  const { platform, arch } = process
  if (platform === 'linux') return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`
  if (platform === 'win32') return `win32-${arch}-msvc`
  return `${platform}-${arch}`
}

/** Whether Node itself runs on musl: it, not the system around it, is what the addon is loaded into. */
function isMusl() {
  const loader = dynamicLoader()
  if (loader !== null) return loader === 'musl'
  const report = /** @type {NodeJS.ProcessReport & { excludeNetwork?: boolean }} */ (process.report)
  // Without this the report looks up the names of all open connections, which may take seconds.
  const before = report.excludeNetwork
  report.excludeNetwork = true
  try {
    const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (report.getReport())
    return header.glibcVersionRuntime === undefined
  } finally {
    report.excludeNetwork = before
  }
}

/** Which C library's dynamic loader Node's own file names; it stands near the beginning, unless a tool moved it. */
function dynamicLoader() {
  try {
    const file = openSync('/proc/self/exe', 'r')
    try {
      const head = Buffer.alloc(4096)
      readSync(file, head)
      return head.includes('/ld-musl-') ? 'musl' : head.includes('/ld-linux') ? 'gnu' : null
    } finally {
      closeSync(file)
    }
  } catch {
    return null
  }
}

module.exports = { PLATFORMS, thisPlatform }
