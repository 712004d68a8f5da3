'use strict'

// What an image is, from the first of its bytes.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { readers } = require('../peers/images.js')
const { pictureFiles } = require('../pictures.js')
const { processesInTurns } = require('../processes.js')
const { timed } = require('../timing.js')

const title = 'Images: metadata of bytes'

const CASES = /** @type {const} */ ([
  { name: 'JPEG of 12 megapixels', picture: 'jpeg' },
  { name: 'PNG with alpha, 2048 × 1536', picture: 'png' },
  { name: 'WebP, 2048 × 1536', picture: 'webp' }
])

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 5
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-images-'))
  try {
    const files = await pictureFiles(folder)
    const cases = []
    for (const { name, picture } of CASES) {
      console.log(`  ${name}`)
      const tasks = Object.fromEntries(Object.keys(readers).map((peer) => [peer, { peer, file: files[picture], seconds: quick ? 0.2 : 0.8 }]))
      cases.push({ name, results: await processesInTurns('images-metadata', tasks, rounds) })
    }
    return { rounds, cases }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {{ peer: string, file: string, seconds: number }} task */
async function contend({ peer, file, seconds }) {
  const bytes = fs.readFileSync(file)
  const read = readers[peer].load()
  const turn = await timed(() => read(bytes), seconds)
  return async () => {
    const { ms, perSecond, cpuMs } = await turn()
    return { us: ms * 1000, perSecond, cpuUs: cpuMs * 1000 }
  }
}

const measures = [
  { figure: 'us', unit: 'µs, one at a time', better: 'less', digits: 1 },
  { figure: 'perSecond', unit: 'a second, 8 in flight', better: 'more', digits: 0 },
  { figure: 'cpuUs', unit: 'µs of CPU', better: 'less', digits: 1 }
]

/** @param {{ name: string }} one */
const label = ({ name }) => name

module.exports = { title, run, contend, measures, label }
