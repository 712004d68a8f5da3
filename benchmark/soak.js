'use strict'

// Half an hour of everything at once, to see whether memory grows: logins, exports and resizes, some aborted,
// some broken, some late, and a worker_thread every few seconds that is terminated amid its jobs. Memory is
// sampled as it goes and kept with the counts in results/soak.json.
//
//   node --expose-gc soak.js [--minutes 30] [--every 5]

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { Worker } = require('node:worker_threads')
const offloop = require('..')
const { setting } = require('./measure.js')
const { photo, rows } = require('./work.js')

const MINUTES = setting('minutes', 30)
const EVERY_S = setting('every', 5)
const RESULT = path.join(__dirname, 'results', 'soak.json')

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-soak-'))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))

/** How often each kind of work ended, and how. @type {Record<string, { done: number, expected: number }>} */
const counts = {}

/**
 * @typedef {object} Work
 * @property {string} name
 * @property {number} loops how many run at once
 * @property {() => Promise<unknown>} run
 * @property {string[]} [refusals] the codes or names of errors that it is meant to meet
 */

/**
 * Runs one kind of work over and over. An error that it is not meant to meet ends the soak.
 * @param {Work} work
 * @param {number} until
 */
async function keep({ name, run, refusals = [] }, until) {
  const count = counts[name] ??= { done: 0, expected: 0 }
  while (performance.now() < until) {
    try {
      await run()
      count.done++
    } catch (error) {
      const { code, name: kind } = /** @type {{ code?: string, name?: string }} */ (error)
      if (!refusals.includes(code ?? '') && !refusals.includes(kind ?? '')) throw error
      count.expected++
    }
  }
}

/** @param {number} most in ms */
function soon(most) {
  return AbortSignal.timeout(Math.floor(Math.random() * most))
}

/**
 * @param {string} file
 * @returns {Promise<Work[]>}
 */
async function works(file) {
  const bytes = fs.readFileSync(file)
  const torn = bytes.subarray(0, bytes.length >> 1)
  const argon2 = await offloop.hashPassword('secret')
  const bcrypt = await offloop.hashPassword('secret', { policy: { algorithm: 'bcrypt', cost: 10 } })
  let files = 0
  return [
    { name: 'argon2 verify', loops: 4, run: () => offloop.verifyPassword('secret', argon2) },
    { name: 'argon2 hash', loops: 1, run: () => offloop.hashPassword('secret') },
    { name: 'bcrypt verify', loops: 2, run: () => offloop.verifyPassword('secret', bcrypt) },
    { name: 'password aborted', loops: 2, refusals: ['TimeoutError'], run: () => offloop.verifyPassword('secret', argon2, { signal: soon(60) }) },
    { name: 'password late', loops: 1, refusals: ['ERR_DEADLINE'], run: () => offloop.hashPassword('secret', { timeoutMs: Math.random() * 60 }) },
    { name: 'resize bytes', loops: 1, run: () => offloop.resizeImage(bytes, { width: 720 }) },
    { name: 'resize transferred', loops: 1, run: () => offloop.resizeImage(Uint8Array.from(bytes), { width: 320, format: 'webp', transfer: true }) },
    { name: 'resize file', loops: 1, run: () => offloop.resizeImage(file, { width: 640, height: 640, format: 'png' }) },
    { name: 'resize aborted', loops: 1, refusals: ['TimeoutError'], run: () => offloop.resizeImage(bytes, { width: 720, signal: soon(300) }) },
    { name: 'resize torn', loops: 1, refusals: ['ERR_IMAGE_CORRUPT'], run: () => offloop.resizeImage(torn, { width: 100 }) },
    {
      name: 'export file',
      loops: 1,
      run: async () => {
        const name = path.join(folder, `${files++ % 4}.csv`)
        await offloop.exportCsvFile(rows(200_000), name)
      }
    },
    {
      name: 'export stream',
      loops: 1,
      run: async () => {
        // eslint-disable-next-line no-unused-vars
        for await (const _ of offloop.exportCsvStream(rows(50_000)));
      }
    },
    { name: 'export buffer', loops: 1, run: () => offloop.exportCsv(rows(20_000)) },
    { name: 'export aborted', loops: 1, refusals: ['TimeoutError'], run: () => offloop.exportCsv(rows(50_000), { signal: soon(300) }) },
    {
      name: 'worker terminated',
      loops: 1,
      run: async () => {
        const worker = new Worker(WORKER, { eval: true, workerData: { offloop: require.resolve('..'), torn, argon2 } })
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
        await sleep(Math.random() * 500)
        await worker.terminate()
        await sleep(3000)
      }
    }
  ]
}

const WORKER = `
const { parentPort, workerData } = require('node:worker_threads')
const { exportCsv, resizeImage, verifyPassword } = require(workerData.offloop)
function * rows() { for (let i = 0; i < 1e6; i++) yield { i, text: 'row ' + i } }
for (let i = 0; i < 8; i++) verifyPassword('secret', workerData.argon2)
resizeImage(workerData.torn, { width: 100 }).catch(() => {})
exportCsv(rows())
parentPort.postMessage('busy')
`

const MIB = 1024 * 1024
/** @param {number} bytes */
const mib = (bytes) => Math.round(bytes / MIB * 10) / 10

/** @param {number} begun */
function sample(begun) {
  global.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const { memory, interactive, bulk } = offloop.poolStats()
  return {
    second: Math.round((performance.now() - begun) / 1000),
    rssMb: mib(rss),
    heapUsedMb: mib(heapUsed),
    externalMb: mib(external),
    bytesHeldMb: mib(memory.held),
    bytesIdleMb: mib(memory.idle),
    waiting: interactive.queued + bulk.queued,
    jobs: interactive.completed + bulk.completed
  }
}

async function main() {
  const list = await works(await photo())
  const begun = performance.now()
  const until = begun + MINUTES * 60_000
  /** @type {ReturnType<typeof sample>[]} */
  const samples = []

  const write = () => {
    fs.mkdirSync(path.dirname(RESULT), { recursive: true })
    fs.writeFileSync(RESULT, JSON.stringify({
      suite: 'soak',
      date: new Date().toISOString(),
      node: process.version,
      offloop: require('../package.json').version,
      cpu: os.cpus()[0].model,
      threads: offloop.poolStats().threads,
      memoryGiB: Math.round(os.totalmem() / MIB / 1024),
      minutes: MINUTES,
      counts,
      samples
    }, null, 1) + '\n')
  }

  const timer = setInterval(() => {
    samples.push(sample(begun))
    write()
  }, EVERY_S * 1000)
  await Promise.all(list.flatMap((work) => Array.from({ length: work.loops }, () => keep(work, until))))
  clearInterval(timer)

  // What is left when the work is over and the idle memory has been given back.
  await sleep(15_000)
  samples.push(sample(begun))
  write()

  const busy = samples.slice(0, -1)
  const tenth = busy.slice(Math.floor(busy.length * 0.05), Math.ceil(busy.length * 0.15))
  const end = busy.slice(Math.floor(busy.length * 0.9))
  const mean = (/** @type {typeof samples} */ part) => part.reduce((sum, { rssMb }) => sum + rssMb, 0) / part.length
  console.log(`RSS after a tenth of the time: ${mean(tenth).toFixed(0)} MiB; in the last tenth: ${mean(end).toFixed(0)} MiB; ` +
    `idle again: ${samples[samples.length - 1].rssMb.toFixed(0)} MiB`)
  console.table(counts)
  console.log(`written: ${path.relative(process.cwd(), RESULT)}`)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
