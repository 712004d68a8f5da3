'use strict'

// Node runs an addon's cleanup hooks when a worker_thread ends or the loop has nothing left to do, but not at
// process.exit() or an uncaught exception on the main thread. Then 'exit' is the last chance to take half-written
// files away and to let the threads end.

const REGISTERED = Symbol.for('offloop.closeAtExit')

/**
 * Calls `close` when the process, or this worker_thread, exits. One listener serves all copies of this module:
 * a test runner that resets its module registry loads many.
 * @param {() => void} close must not throw
 */
function closeAtExit(close) {
  const holder = /** @type {{ [REGISTERED]?: Set<() => void> }} */ (/** @type {unknown} */ (process))
  let closers = holder[REGISTERED]
  if (closers === undefined) {
    const all = new Set()
    closers = all
    Object.defineProperty(process, REGISTERED, { value: all })
    process.on('exit', () => {
      for (const close of all) close()
    })
  }
  closers.add(close)
}

module.exports = { closeAtExit }
