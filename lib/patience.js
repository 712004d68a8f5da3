'use strict'

// For the drop-ins, whose callers have never heard of a full queue: a job that is refused waits and asks again, in
// the order of the calls.

const { setTimeout } = require('node:timers')

/** How long before asking again, in milliseconds, and how many ask then. */
const PAUSE = 5
const AT_ONCE = 64

/** @type {Array<{ turn: number, go: () => void }>} */
const line = []
let turns = 0
/** @type {NodeJS.Timeout | undefined} */
let timer

/**
 * @template T
 * @param {() => Promise<T>} start
 * @returns {Promise<T>}
 */
async function patiently(start) {
  const turn = turns++
  // Nobody goes first who came later.
  if (line.length > 0) await wait(turn)
  for (;;) {
    try {
      return await start()
    } catch (error) {
      if (/** @type {{ code?: unknown }} */ (error)?.code !== 'ERR_QUEUE_FULL') throw error
    }
    await wait(turn)
  }
}

/** @param {number} turn */
function wait(turn) {
  return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
    line.push({ turn, go: resolve })
    timer ??= setTimeout(next, PAUSE)
  })
}

function next() {
  line.sort((a, b) => a.turn - b.turn)
  for (const { go } of line.splice(0, AT_ONCE)) go()
  timer = line.length > 0 ? setTimeout(next, PAUSE) : undefined
}

module.exports = { patiently }
