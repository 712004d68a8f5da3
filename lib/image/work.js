'use strict'

// A resize on its way to the native side: one decode, one output or several. Everything has been read and checked before
// the input is detached or copied, so that a wrong option never costs the caller their buffer.

const { argumentError } = require('../errors.js')
const { submit } = require('../native.js')
const { detach, source } = require('./input.js')

/**
 * @typedef {ReturnType<typeof import('./options.js').outputOf>} Output
 * @typedef {ReturnType<typeof import('./options.js').inputOf>} Input
 * @typedef {{ data: Buffer, format: string, width: number, height: number, frames: number, delays?: number[], timings?: object }} Image
 */

/**
 * @param {unknown} input
 * @param {Input} settings
 * @param {Output[]} outputs
 * @param {'resizeImage' | 'resizeImageSet'} operation
 * @returns {Promise<Image[]>} in the outputs' order
 */
async function resize(input, { job, transfer, limits, failOn }, outputs, operation) {
  const from = source(input)
  if (transfer && typeof from === 'string') {
    throw argumentError('TypeError', 'options.transfer is for bytes; input is a path')
  }
  const request = { outputs, limits, failOn, set: operation === 'resizeImageSet' }
  const { images } = await submit(
    job,
    (native, id, lane, timeoutMs) => {
      if (!transfer || typeof from === 'string') return native.resizeImage(id, lane, timeoutMs, from, request)
      const failure = native.admitResize(id, lane, timeoutMs, from, request)
      if (failure !== null && failure !== undefined) return failure
      // Only now that nothing can be refused any more is the memory taken from the caller.
      const { bytes, owned } = detach(from)
      native.startResize(id, bytes, owned)
      return undefined
    },
    operation
  )
  return images
}

module.exports = { resize }
