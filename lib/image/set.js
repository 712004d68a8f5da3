'use strict'

const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { INPUT_OPTIONS, OUTPUT_OPTIONS, inputOf, outputOf } = require('./options.js')
const { resize } = require('./work.js')

/** More than any page's images have; a bound on what one job holds. */
const MAX_OUTPUTS = 64

// An option that is known and in the wrong place deserves to hear where its place is.
const IS_THE_SETS = misplaced(INPUT_OPTIONS, 'is decided for the whole set: it belongs into the third argument')
const IS_AN_OUTPUTS = misplaced(OUTPUT_OPTIONS, 'is decided for each output: it belongs into those of the second argument')

/**
 * @param {readonly string[]} options
 * @param {string} hint
 * @returns {ReadonlyMap<string, string>}
 */
function misplaced(options, hint) {
  return new Map(options.map((option) => [option, hint]))
}

/**
 * @param {unknown} input
 * @param {unknown} outputs
 * @param {unknown} [options]
 */
async function resizeImageSet(input, outputs, options) {
  const settings = inputOf(check.options('options', options, INPUT_OPTIONS, IS_AN_OUTPUTS))
  const wanted = listOf(outputs).map((output, index) => {
    const name = `outputs[${index}]`
    if (output === undefined) throw check.typeError(name, 'an object', output)
    return outputOf(name, check.options(name, output, OUTPUT_OPTIONS, IS_THE_SETS), settings.timings)
  })
  return resize(input, settings, wanted, 'resizeImageSet')
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function listOf(value) {
  let length
  try {
    if (Array.isArray(value)) {
      // A proxy's need not be a number.
      length = Number(value.length)
      if (length >= 1 && length <= MAX_OUTPUTS) return Array.from({ length }, (_, index) => value[index])
    }
  } catch (cause) {
    throw argumentError('TypeError', 'outputs could not be read', { cause })
  }
  if (length === undefined) throw check.typeError('outputs', 'an array of objects', value)
  throw argumentError('RangeError', `outputs must be 1 to ${MAX_OUTPUTS} outputs; got ${length}`)
}

module.exports = { resizeImageSet }
