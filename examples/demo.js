'use strict'

// offloop's main job, live: people log in, a large table is exported and a photo is resized, all at once,
// while the event loop and the file system stay as quick as they are when nothing runs.
//
// Each kind of work is a short file that reads on its own: demo/logins.js, demo/export.js,
// demo/photos.js. demo/main.js puts them together; here are the arguments, Ctrl-C and failures.

const { setMaxListeners } = require('node:events')
const os = require('node:os')
const { parse, USAGE } = require('./demo/arguments.js')

async function main() {
  let options
  try {
    options = parse(process.argv.slice(2))
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`)
    process.exitCode = 2
    return
  }
  if (options === null) {
    console.log(USAGE)
    return
  }
  const controller = new AbortController()
  // One signal for all calls: Node would take more than ten waiting ones for a leak.
  setMaxListeners(0, controller.signal)
  /** @type {'' | 'SIGINT' | 'SIGTERM'} */
  let stoppedBy = ''
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    // Once: who presses Ctrl-C again does not want to wait.
    process.once(name, () => {
      stoppedBy = name
      controller.abort(new Error(`stopped by ${name}`))
    })
  }
  try {
    // Only now: the help needs no binding.
    const { demo } = require('./demo/main.js')
    await demo(options, controller)
  } catch (error) {
    if (stoppedBy === '') throw error
    console.error(`\nStopped by ${stoppedBy}; no file was left half-written.`)
    process.exitCode = 128 + os.constants.signals[stoppedBy]
  }
}

main().catch((error) => {
  // What offloop says of a photo or a folder is for people; of anything else the stack is wanted too.
  console.error(error.name === 'OffloopError' && error.code !== 'ERR_INTERNAL' ? `${error.code}: ${error.message}` : error)
  process.exitCode = 1
})
