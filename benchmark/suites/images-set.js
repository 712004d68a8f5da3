'use strict'

// One photo, many sizes, as an upload is made ready for pages.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { judge } = require('../judge.js')
const { setResizers } = require('../peers/images.js')
const { pictureFiles } = require('../pictures.js')
const { processesInTurns } = require('../processes.js')
const { timed } = require('../timing.js')
const { uploads } = require('../uploads.js')

const title = 'Images: many sizes of one photo'

/** @typedef {import('../peers/images.js').Task} Task */

const WIDTHS = [1920, 1280, 960, 640, 320]

const CASES = /** @type {{ name: string, tasks: Task[] }[]} */ ([
  { name: 'JPEG of 12 megapixels to five JPEGs', tasks: WIDTHS.map((width) => ({ width, format: 'jpeg' })) },
  { name: 'JPEG of 12 megapixels to five JPEGs and five WebPs', tasks: ['jpeg', 'webp'].flatMap((format) => WIDTHS.map((width) => ({ width, format }))) }
])

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-images-'))
  try {
    const { jpeg: file } = await pictureFiles(folder)
    const bytes = fs.readFileSync(file)
    const cases = []
    for (const { name, tasks } of CASES) {
      console.log(`  ${name}`)
      const peers = Object.keys(setResizers)
      const results = await processesInTurns('images-set', Object.fromEntries(peers.map((peer) => [peer, { peer, file, tasks, seconds: quick ? 0.3 : 2 }])), rounds)
      for (const peer of peers) {
        const outputs = await setResizers[peer].load()(bytes, tasks)
        const scores = await judge(folder, bytes, outputs)
        Object.assign(results[peer], {
          bytes: outputs.reduce((sum, { length }) => sum + length, 0),
          ssimulacra2: scores.reduce((sum, score) => sum + score, 0) / scores.length,
          worst: Math.min(...scores),
          outputs: outputs.map(({ length }, i) => ({ ...tasks[i], bytes: length, ssimulacra2: scores[i] }))
        })
      }
      cases.push({ name, results })
    }
    return { rounds, cases }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {{ peer: string, file: string, tasks: Task[], seconds: number }} task */
async function contend({ peer, file, tasks, seconds }) {
  const next = uploads(fs.readFileSync(file))
  const resize = setResizers[peer].load()
  return timed(() => resize(next(), tasks), seconds)
}

const measures = [
  { figure: 'ms', unit: 'ms, one set at a time', better: 'less', digits: 1 },
  { figure: 'perSecond', unit: 'sets/s, 8 in flight', better: 'more', digits: 2 },
  { figure: 'cpuMs', unit: 'ms of CPU a set', better: 'less', digits: 1 },
  { figure: 'bytes', unit: 'bytes in all', better: 'less', digits: 0 },
  { figure: 'ssimulacra2', unit: 'SSIMULACRA2, mean', better: 'more', digits: 1 },
  { figure: 'worst', unit: 'SSIMULACRA2, the least', better: 'more', digits: 1 }
]

/** @param {{ name: string }} one */
const label = ({ name }) => name

module.exports = { title, run, contend, measures, label }
