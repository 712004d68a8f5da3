'use strict'

// The one entry of `npm run demo`, `npm test`, `npm run build` and `npm run lint`. Each does its own set-up
// and needs Node's built-ins only, so it works in a fresh clone. This file alone keeps to syntax and names
// that an old Node knows, so that it can say that Node is too old instead of failing to parse.

/** @param {string} version */
function supported(version) {
  const parts = version.split('.').map(Number)
  const major = parts[0]
  const minor = parts[1]
  if (major === 20) return minor >= 19
  if (major === 22) return minor >= 12
  return major > 22
}

function main() {
  if (!supported(process.versions.node)) {
    console.error('offloop needs Node.js 20.19 or later in the 20 line, or 22.12 and up; this is ' +
      process.versions.node + '.\nInstall a newer one from https://nodejs.org/ or with your version manager.')
    process.exitCode = 1
    return
  }
  const args = process.argv.slice(2)
  require('./commands.js').run(args[0], args.slice(1)).then(
    function (code) { process.exitCode = code },
    function (error) {
      // A failure with a remedy is for people to read; any other is a bug, and its stack says where.
      console.error(error && error.remedy ? error.message + '\n' + error.remedy : error)
      process.exitCode = 1
    })
}

main()
