'use strict'

// Contenders measured in turns, so that what the machine does meanwhile meets all of them.

const { median } = require('./measure.js')

/**
 * @template {Record<string, number>} F
 * @param {Record<string, () => Promise<F>>} contenders each gives the figures of one turn
 * @param {number} rounds
 * @returns {Promise<Record<string, F & { rounds: F[] }>>} the medians, and what they are of
 */
async function inTurns(contenders, rounds) {
  const names = Object.keys(contenders)
  /** @type {Record<string, F[]>} */
  const all = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    // Another one begins each time: nobody always follows the same neighbour.
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length]
      all[name].push(await contenders[name]())
    }
  }
  return Object.fromEntries(names.map((name) => [name, { ...medians(all[name]), rounds: all[name] }]))
}

/**
 * @template {Record<string, number>} F
 * @param {F[]} figures
 * @returns {F}
 */
function medians(figures) {
  const keys = Object.keys(figures[0])
  return /** @type {F} */ (Object.fromEntries(keys.map((key) => [key, median(figures.map((one) => one[key]))])))
}

module.exports = { inTurns, medians }
