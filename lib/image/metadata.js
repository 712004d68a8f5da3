'use strict'

const check = require('../check.js')
const { JOB_OPTIONS, jobOptions } = require('../job.js')
const { bridge, errorOf, submit } = require('../native.js')
const { source } = require('./input.js')
const { limitsOf } = require('./limits.js')

const METADATA_OPTIONS = ['limits', ...JOB_OPTIONS]

/**
 * @param {unknown} input
 * @param {unknown} [options]
 */
async function imageMetadata(input, options) {
  const copy = check.options('options', options, METADATA_OPTIONS)
  const job = jobOptions('options', copy, 'bulk')
  const limits = limitsOf(copy.limits)
  const from = source(input)
  if (typeof from === 'string') {
    return submit(
      job,
      (native, id, lane, timeoutMs) => native.imageFileFacts(id, lane, timeoutMs, from, limits),
      'imageMetadata'
    )
  }
  if (job.signal?.aborted) throw job.signal.reason
  // Read in place, within the call, as long as that takes the event loop no longer than handing the bytes over would.
  const facts = bridge.imageFacts(from, limits)
  if (facts === null || facts === undefined) {
    return submit(
      job,
      (native, id, lane, timeoutMs) => native.imageFactsLater(id, lane, timeoutMs, from, limits),
      'imageMetadata'
    )
  }
  if ('code' in facts) throw errorOf(facts)
  return facts
}

module.exports = { imageMetadata }
