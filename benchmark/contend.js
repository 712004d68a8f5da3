'use strict'

// A contender in a process of its own; processes.js starts it and says when it is its turn.

const { setTimeout: sleep } = require('node:timers/promises')

async function main() {
  const { suite, task } = JSON.parse(process.argv[2])
  const turn = await require(`./suites/${suite}.js`).contend(task)
  const send = (/** @type {unknown} */ message) => /** @type {NonNullable<typeof process.send>} */ (process.send)(message)
  process.on('message', async () => {
    try {
      // What V8 sweeps on threads of its own afterwards is no contender's burden: it would take a core from those that
      // use more than one.
      global.gc?.()
      await sleep(200)
      send(await turn())
    } catch (error) {
      fail(error)
    }
  })
  process.on('disconnect', () => process.exit())
  send('ready')
}

/** @param {unknown} error */
function fail(error) {
  console.error(error)
  process.exit(1)
}

main().catch(fail)
