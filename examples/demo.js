'use strict'

// offloop's main job, live: people log in, a large table is exported and a photo is resized, all at once,
// while the event loop and the file system stay as quick as they are when nothing runs.
//
// Each kind of work is a short file that reads on its own: demo/logins.js, demo/export.js, demo/photos.js.

const { setMaxListeners } = require('node:events')
const fs = require('node:fs/promises')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { poolStats } = require('offloop')
const { parse, USAGE } = require('./demo/arguments.js')
const exporting = require('./demo/export.js')
const { together } = require('./demo/job.js')
const logins = require('./demo/logins.js')
const photos = require('./demo/photos.js')
const { Probe } = require('./demo/probe.js')
const { Screen } = require('./demo/screen.js')
const { table } = require('./demo/table.js')

const IDLE_SECONDS = 3

/**
 * @param {{ photo?: string, out: string }} options
 * @param {AbortController} controller aborted by Ctrl-C, or by us when a job fails
 */
async function demo(options, controller) {
  const { signal } = controller
  const out = path.resolve(options.out)
  await fs.mkdir(out, { recursive: true })
  console.log(`Output goes to ${out}`)

  // Everything that is not the job itself, before anything is measured.
  const begun = performance.now()
  const photo = options.photo === undefined ? await photos.make(path.join(out, 'photo.jpg'), signal) : path.resolve(options.photo)
  const source = await photos.inspect(photo, signal)
  const users = await logins.register(signal)
  const { threads } = poolStats()
  console.log(`Set up in ${((performance.now() - begun) / 1000).toFixed(1)} s: ${users.length} users, ` +
    `a photo of ${source.width} × ${source.height}; the pool has ${threads} ${threads === 1 ? 'thread' : 'threads'}`)

  console.log(`Measuring for ${IDLE_SECONDS} s with nothing to do …`)
  const idle = new Probe()
  await sleep(IDLE_SECONDS * 1000, undefined, { signal }).finally(() => idle.stop())

  const jobs = [
    logins.job(users, threads, controller),
    exporting.job(path.join(out, 'orders.csv'), controller),
    photos.job(photo, source, out, controller)
  ]
  const busy = new Probe()
  const screen = new Screen(jobs, busy)
  try {
    await together(controller, jobs.map(async (job) => {
      const start = performance.now()
      await job.run()
      job.seconds = (performance.now() - start) / 1000
    }))
  } finally {
    busy.stop()
    screen.stop()
  }
  console.log(table(jobs, idle, busy))

  console.log('Reading back what was written:')
  for (const job of jobs) console.log(`  ${await job.verify()}`)
}

async function main() {
  const options = parse(process.argv.slice(2))
  if (options === null) {
    console.log(USAGE)
    return
  }
  const controller = new AbortController()
  // One signal for all calls: Node would take more than ten waiting ones for a leak.
  setMaxListeners(0, controller.signal)
  /** @type {'' | 'SIGINT' | 'SIGTERM'} */
  let stoppedBy = ''
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    // Once: who presses Ctrl-C again does not want to wait.
    process.once(name, () => {
      stoppedBy = name
      controller.abort(new Error(`stopped by ${name}`))
    })
  }
  try {
    await demo(options, controller)
  } catch (error) {
    if (stoppedBy === '') throw error
    console.error(`\nStopped by ${stoppedBy}; no file was left half-written.`)
    process.exitCode = 128 + os.constants.signals[stoppedBy]
  }
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
