'use strict'

// Contenders that live in processes of their own, so that the heap and the compiled code of one are nothing to the
// others, and that take turns on command: each makes its rows and warms up once. A suite that wants this has a
// `contend` beside its `run`, which runs over there (contend.js) and makes of a task what one turn does.

const { fork } = require('node:child_process')
const path = require('node:path')
const { inTurns } = require('./rounds.js')

class Contender {
  /**
   * @param {string} suite
   * @param {object} task
   * @param {string[]} [flags] of Node
   */
  constructor(suite, task, flags = []) {
    this.child = fork(path.join(__dirname, 'contend.js'), [JSON.stringify({ suite, task })], {
      execArgv: ['--expose-gc', ...flags], serialization: 'advanced'
    })
    this.pid = this.child.pid
    this.ready = this.#answer()
  }

  /** @returns {Promise<any>} what it says next */
  #answer() {
    return new Promise((resolve, reject) => {
      const onExit = (/** @type {number | null} */ code, /** @type {string | null} */ signal) => {
        reject(new Error(`a contender ended too early, with ${signal ?? `exit code ${code}`}; what it printed says why`))
      }
      this.child.once('exit', onExit)
      this.child.once('message', (message) => {
        this.child.off('exit', onExit)
        resolve(message)
      })
    })
  }

  /** @returns {Promise<any>} the figures of one turn */
  turn() {
    const answer = this.#answer()
    this.child.send('turn')
    return answer
  }

  /** It exits, tidying up behind itself. */
  stop() {
    if (this.child.connected) this.child.disconnect()
  }
}

/**
 * @param {string} suite
 * @param {Record<string, object>} tasks by contender
 * @param {number} rounds
 */
async function processesInTurns(suite, tasks, rounds) {
  /** @type {Contender[]} */
  const started = []
  try {
    /** @type {Record<string, () => Promise<any>>} */
    const turns = {}
    for (const [name, task] of Object.entries(tasks)) {
      const contender = new Contender(suite, task)
      started.push(contender)
      // One after the other: making rows and warming up is work too.
      await contender.ready
      turns[name] = () => contender.turn()
    }
    return await inTurns(turns, rounds)
  } finally {
    for (const contender of started) contender.stop()
  }
}

module.exports = { Contender, processesInTurns }
