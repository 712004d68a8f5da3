'use strict'

// The run from set-up to the reading back of what was written.

const fs = require('node:fs/promises')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { poolStats } = require('offloop')
const exporting = require('./export.js')
const { together } = require('./job.js')
const logins = require('./logins.js')
const photos = require('./photos.js')
const { Probe } = require('./probe.js')
const { Screen } = require('./screen.js')
const { table } = require('./table.js')

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

module.exports = { demo }
