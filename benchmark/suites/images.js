'use strict'

// A picture made smaller: one at a time, eight at once, and what came out: bytes and SSIMULACRA2.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { judge } = require('../judge.js')
const { resizers } = require('../peers/images.js')
const { pictureFiles } = require('../pictures.js')
const { processesInTurns } = require('../processes.js')
const { timed } = require('../timing.js')
const { uploads } = require('../uploads.js')

const title = 'Images: resizing'

/** @typedef {import('../peers/images.js').Task} Task */

const CASES = /** @type {{ name: string, picture: keyof import('../pictures.js').Pictures, task: Task }[]} */ ([
  { name: 'JPEG of 12 megapixels to JPEG, 720 wide', picture: 'jpeg', task: { width: 720, format: 'jpeg' } },
  { name: 'JPEG of 12 megapixels to WebP, 720 wide', picture: 'jpeg', task: { width: 720, format: 'webp' } },
  { name: 'JPEG, 2725 × 2225, to JPEG, 720 × 588', picture: 'middling', task: { width: 720, height: 588, format: 'jpeg' } },
  { name: 'PNG with alpha, 2048 × 1536, to PNG, 720 × 540, rows not filtered', picture: 'png', task: { width: 720, height: 540, format: 'png', filter: 'none' } },
  { name: 'PNG with alpha, 2048 × 1536, to PNG, 720 × 540, adaptive filters', picture: 'png', task: { width: 720, height: 540, format: 'png', filter: 'adaptive' } },
  { name: 'PNG with alpha, 2048 × 1536, to WebP, 720 × 540', picture: 'png', task: { width: 720, height: 540, format: 'webp' } },
  { name: 'WebP, 2048 × 1536, to WebP, 720 × 540', picture: 'webp', task: { width: 720, height: 540, format: 'webp' } },
  { name: 'JPEG of 12 megapixels to AVIF, 720 wide, at its usual effort', picture: 'jpeg', task: { width: 720, format: 'avif' } },
  { name: 'JPEG of 12 megapixels to AVIF, 720 wide, at the least effort', picture: 'jpeg', task: { width: 720, format: 'avif', effort: 0 } }
])

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-images-'))
  try {
    const files = await pictureFiles(folder)
    const cases = []
    for (const { name, picture, task } of CASES) {
      console.log(`  ${name}`)
      const bytes = fs.readFileSync(files[picture])
      const peers = Object.keys(resizers).filter((peer) => resizers[peer].formats.includes(task.format))
      /** @type {Record<string, object>} */
      const tasks = {}
      /** @type {Buffer[]} */
      const outputs = []
      /** @type {Record<string, number>} */
      const qualities = {}
      for (const peer of peers) {
        const resize = resizers[peer].load()
        // The numbers of two AV1 encoders mean nothing to each other: everybody is to write as many bytes as the first.
        const own = task.format !== 'avif' ? task : { ...task, quality: outputs.length === 0 ? 50 : await qualityFor(outputs[0].length, resize, bytes, task) }
        if (own.quality) qualities[peer] = own.quality
        outputs.push(await resize(bytes, own))
        tasks[peer] = { peer, file: files[picture], task: own, seconds: quick ? 0.3 : 1.2 }
      }
      const results = await processesInTurns('images', tasks, rounds)
      const scores = await judge(folder, bytes, outputs)
      for (const [i, peer] of peers.entries()) {
        Object.assign(results[peer], { bytes: outputs[i].length, ssimulacra2: scores[i], ...(qualities[peer] && { quality: qualities[peer] }) })
      }
      Object.assign(results.offloop ?? {}, await stages(bytes, task))
      cases.push({ name, results })
    }
    return { rounds, cases }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * The quality with which a contender comes nearest to a number of bytes.
 * @param {number} target
 * @param {import('../peers/images.js').Resizer} resize
 * @param {Buffer} bytes
 * @param {Task} task
 */
async function qualityFor(target, resize, bytes, task) {
  let [least, most] = [10, 95]
  let best = { quality: 50, off: Infinity }
  while (least <= most) {
    const quality = (least + most) >> 1
    const { length } = await resize(bytes, { ...task, quality })
    const off = Math.abs(length - target)
    if (off < best.off) best = { quality, off }
    if (length < target) least = quality + 1
    else most = quality - 1
  }
  return best.quality
}

/**
 * Where offloop's time goes.
 * @param {Buffer} bytes
 * @param {Task} task
 */
async function stages(bytes, task) {
  const { resizeImage } = require('../..')
  const { ours } = require('../peers/images.js')
  const { timings } = await resizeImage(bytes, { ...ours(task), timings: true })
  return { timings }
}

/** @param {{ peer: string, file: string, task: Task, seconds: number }} task */
async function contend({ peer, file, task, seconds }) {
  const next = uploads(fs.readFileSync(file))
  const resize = resizers[peer].load()
  return timed(() => resize(next(), task), seconds)
}

const measures = [
  { figure: 'ms', unit: 'ms, one at a time', better: 'less', digits: 1 },
  { figure: 'perSecond', unit: 'images/s, 8 in flight', better: 'more', digits: 1 },
  { figure: 'cpuMs', unit: 'ms of CPU an image', better: 'less', digits: 1 },
  { figure: 'bytes', unit: 'bytes', better: 'less', digits: 0 },
  { figure: 'ssimulacra2', unit: 'SSIMULACRA2', better: 'more', digits: 1 }
]

/** @param {{ name: string }} one */
const label = ({ name }) => name

module.exports = { title, run, contend, measures, label }
