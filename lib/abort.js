'use strict'

// One listener a signal, however many jobs share it: a thousand jobs on one signal add one listener, and
// the last of them to settle removes it.

/** @type {WeakMap<AbortSignal, Set<() => void>>} */
const waiting = new WeakMap()

/**
 * Calls `abort` once when the signal aborts. The signal has not aborted yet.
 * @param {AbortSignal} signal
 * @param {() => void} abort
 * @returns {() => void} stop listening
 */
function onAbort(signal, abort) {
  let callbacks = waiting.get(signal)
  if (callbacks === undefined) {
    callbacks = new Set()
    signal.addEventListener('abort', aborted)
    waiting.set(signal, callbacks)
  }
  callbacks.add(abort)
  return () => {
    const left = waiting.get(signal)
    if (left?.delete(abort) && left.size === 0) forget(signal)
  }
}

/** @param {Event} event */
function aborted(event) {
  const signal = /** @type {AbortSignal} */ (event.currentTarget)
  const callbacks = waiting.get(signal)
  forget(signal)
  for (const abort of callbacks ?? []) abort()
}

/** @param {AbortSignal} signal */
function forget(signal) {
  waiting.delete(signal)
  try {
    signal.removeEventListener('abort', aborted)
  } catch {
    // A signal that is none of Node's. Its job has been settled; nobody is left to tell.
  }
}

module.exports = { onAbort }
