'use strict'

// What eight images in flight take of memory: the highest resident set over the start's, each contender in a process
// of its own.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Contender } = require('../processes.js')
const { medians } = require('../rounds.js')
const { resizers, setResizers } = require('../peers/images.js')
const { pictureFiles } = require('../pictures.js')
const { forgetHighest, highestMiB } = require('../resident.js')
const { uploads } = require('../uploads.js')

const title = 'Images: memory, eight in flight'

/** @typedef {import('../peers/images.js').Task} Task */

const IN_FLIGHT = 8

const CASES = /** @type {{ name: string, set: boolean, calls: number, tasks: Task[] }[]} */ ([
  { name: 'JPEGs of 12 megapixels to JPEG, 720 wide', set: false, calls: 48, tasks: [{ width: 720, format: 'jpeg' }] },
  { name: 'JPEGs of 12 megapixels to five JPEGs', set: true, calls: 24, tasks: [1920, 1280, 960, 640, 320].map((width) => ({ width, format: 'jpeg' })) }
])

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-images-'))
  try {
    const { jpeg: file } = await pictureFiles(folder)
    const cases = []
    for (const { name, set, calls, tasks } of CASES) {
      console.log(`  ${name}`)
      /** @type {Record<string, object>} */
      const results = {}
      for (const peer of Object.keys(set ? setResizers : resizers).filter((peer) => peer !== 'jimp')) {
        /** @type {any[]} */
        const figures = []
        for (let round = 0; round < rounds; round++) figures.push(await once({ peer, file, set, tasks, calls: quick ? IN_FLIGHT : calls }))
        results[peer] = { ...medians(figures), rounds: figures }
      }
      cases.push({ name, results })
    }
    return { rounds, cases }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** A process is measured once: the second time, its allocator would have kept what it had. @param {object} task */
async function once(task) {
  const contender = new Contender('images-memory', task)
  try {
    await contender.ready
    return await contender.turn()
  } finally {
    contender.stop()
  }
}

/** @param {{ peer: string, file: string, set: boolean, tasks: Task[], calls: number }} task */
async function contend({ peer, file, set, tasks, calls }) {
  const next = uploads(fs.readFileSync(file))
  /** @type {() => Promise<unknown>} */
  let call
  if (set) {
    const resize = setResizers[peer].load()
    call = () => resize(next(), tasks)
  } else {
    const resize = resizers[peer].load()
    call = () => resize(next(), tasks[0])
  }
  return async () => {
    const startMiB = process.memoryUsage.rss() / 2 ** 20
    forgetHighest()
    let left = calls
    await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) await call()
    }))
    return { overStartMiB: highestMiB() - startMiB, startMiB }
  }
}

const measures = [
  { figure: 'overStartMiB', unit: "MiB over the start's, at the peak", better: 'less', digits: 1 },
  { figure: 'startMiB', unit: 'MiB at the start', better: 'none', digits: 1 }
]

/** @param {{ name: string }} one */
const label = ({ name }) => name

module.exports = { title, run, contend, measures, label }
