'use strict'

// Ways for a process to end: see exit.test.js. A scenario prints `ready` when it is in the middle of things.

const { readdirSync } = require('node:fs')
const path = require('node:path')
const { exportCsv, exportCsvFile, exportCsvStream, hashPassword, imageMetadata, poolStats, resizeImage, verifyPassword } = require('../..')
const { png } = require('../support/png.js')

const [name, directory] = process.argv.slice(2)
const SLOW = { algorithm: 'bcrypt', cost: 11 }

function* endless() {
  for (let id = 0; ; id++) yield { id, text: 'x'.repeat(100) }
}

/** More than the threads can do at once, of every kind. */
function work() {
  const all = [exportCsv(endless()), exportCsvFile(endless(), path.join(directory, 'x.csv')), exportCsvStream(endless()).on('error', () => {}).resume().summary]
  const image = png(2000, 1500)
  for (let i = 0; i < 30; i++) {
    all.push(hashPassword('x', { policy: SLOW }), hashPassword('x'), verifyPassword('x', null, { policy: SLOW }))
    if (i % 3 === 0) all.push(resizeImage(image, { width: 700, format: 'webp', effort: 6 }))
  }
  for (const job of all) job.then(() => {}, () => {})
}

/** Resolves when there is a temporary file, and jobs run. */
async function inTheMiddle() {
  for (;;) {
    const { interactive, bulk } = poolStats()
    if (interactive.running > 0 && bulk.running > 0 && readdirSync(directory).length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const scenarios = {
  'nothing was done'() {},

  async 'everything has settled'() {
    await hashPassword('x', { policy: SLOW })
    await Promise.all([exportCsv([{ a: 1 }]), exportCsvFile([{ a: 1 }], path.join(directory, 'x.csv')), imageMetadata(png(4, 4))])
    await exportCsv(endless(), { timeoutMs: 10 }).catch(() => {})
    console.log('settled')
  },

  'promises are pending'() {
    // Nobody awaits; the process stays for them all the same.
    hashPassword('x', { policy: SLOW }).then(() => console.log('hashed'))
    resizeImage(png(300, 200), { width: 30 }).then(({ width }) => console.log(`resized to ${width}`))
    exportCsvFile(Array.from({ length: 10_000 }, (_, id) => ({ id })), path.join(directory, 'x.csv')).then(({ rows }) => console.log(`exported ${rows}`))
  },

  'a promise of which the source never says anything'() {
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
    exportCsv(silent, { timeoutMs: 100 }).catch(({ code }) => console.log(code))
  },

  'everything was aborted'() {
    const controller = new AbortController()
    const { signal } = controller
    for (let i = 0; i < 30; i++) hashPassword('x', { policy: SLOW, signal }).catch(() => {})
    exportCsvFile(endless(), path.join(directory, 'x.csv'), { signal }).catch(() => {})
    setTimeout(() => controller.abort(), 30)
  },

  async 'process.exit'() {
    work()
    await inTheMiddle()
    process.exit(7)
  },

  'process.exit at once'() {
    work()
    process.exit(7)
  },

  async 'an uncaught exception'() {
    work()
    await inTheMiddle()
    setImmediate(() => {
      throw new Error('on purpose')
    })
  },

  async 'a rejection that nobody handles'() {
    const first = hashPassword('x', { policy: SLOW })
    work()
    await inTheMiddle()
    await first
    throw new Error('on purpose')
  },

  async 'a signal'() {
    work()
    await inTheMiddle()
    console.log('ready')
  },

  async 'a signal that is handled by process.exit'() {
    process.on('SIGTERM', () => process.exit(9))
    work()
    await inTheMiddle()
    console.log('ready')
  },

  async 'jobs that begin as the process exits'() {
    process.on('exit', () => {
      for (let i = 0; i < 10; i++) hashPassword('x').catch(() => {})
      exportCsvFile(endless(), path.join(directory, 'x.csv')).catch(() => {})
      console.log(typeof poolStats().threads)
    })
    await hashPassword('x')
  }
}

scenarios[name]()
