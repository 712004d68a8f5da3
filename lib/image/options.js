'use strict'

// The options of a resize: those of an output, and those of the job as a whole.

const check = require('../check.js')
const { JOB_OPTIONS, jobOptions } = require('../job.js')
const { ENCODING_OPTIONS, encodingOf } = require('./encoding.js')
const { GEOMETRY_OPTIONS, geometryOf } = require('./geometry.js')
const { limitsOf } = require('./limits.js')

const FAIL_ON = /** @type {const} */ (['error', 'truncated', 'none'])

/** One output's. */
const OUTPUT_OPTIONS = /** @type {const} */ ([...GEOMETRY_OPTIONS, ...ENCODING_OPTIONS])
/** What is decided once, however many outputs there are. */
const INPUT_OPTIONS = /** @type {const} */ (['failOn', 'limits', 'transfer', 'timings', ...JOB_OPTIONS])

/**
 * An output as native code takes it: every key there, 0, '' and -1 for what follows from the image or its format.
 * @param {string} name of the argument that the options came in
 * @param {Record<string, unknown>} options
 * @param {boolean} timings
 */
function outputOf(name, options, timings) {
  return { ...geometryOf(name, options), ...encodingOf(name, options), timings }
}

/**
 * @param {Record<string, unknown>} options
 */
function inputOf(options) {
  return {
    job: jobOptions('options', options, 'bulk'),
    limits: limitsOf(options.limits),
    failOn: check.oneOf('options.failOn', options.failOn, FAIL_ON, 'error'),
    transfer: check.boolean('options.transfer', options.transfer, false),
    timings: check.boolean('options.timings', options.timings, false)
  }
}

module.exports = { INPUT_OPTIONS, OUTPUT_OPTIONS, inputOf, outputOf }
