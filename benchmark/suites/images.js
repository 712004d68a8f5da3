'use strict'

// A photo made smaller: one at a time, eight at once, and what came out: bytes and SSIMULACRA2.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { inFlight } = require('../measure.js')
const { resizers } = require('../peers/images.js')
const { inTurns } = require('../rounds.js')
const { photo } = require('../work.js')
const { drawing } = require('../drawing.js')

const title = 'Images: resizing'

const JUDGE = path.join(__dirname, '..', 'quality')

/**
 * @param {string} original
 * @param {string[]} candidates
 * @returns {number[]} SSIMULACRA2 of each
 */
function quality(original, candidates) {
  const out = execFileSync('cargo', ['run', '--release', '--locked', '--quiet', '--', original, ...candidates], { cwd: JUDGE, encoding: 'utf8' })
  return out.trim().split('\n').map(Number)
}

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 5
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-images-'))
  const jpeg = await photo()
  const png = path.join(folder, 'drawing.png')
  fs.writeFileSync(png, drawing(1600, 1200))
  const cases = []
  try {
    for (const { name, file, task } of /** @type {const} */ ([
      { name: 'JPEG of 12 megapixels to JPEG, 720 wide', file: jpeg, task: { width: 720, format: 'jpeg' } },
      { name: 'JPEG of 12 megapixels to WebP, 720 wide', file: jpeg, task: { width: 720, format: 'webp' } },
      { name: 'PNG with alpha, 1600 × 1200, to PNG, 400 wide', file: png, task: { width: 400, format: 'png' } }
    ])) {
      const bytes = fs.readFileSync(file)
      /** @type {Record<string, () => Promise<{ ms: number, perSecond: number }>>} */
      const contenders = {}
      /** @type {Record<string, Buffer>} */
      const outputs = {}
      for (const [peer, { formats, load }] of Object.entries(resizers)) {
        if (!formats.includes(task.format)) continue
        const resize = load()
        outputs[peer] = await resize(bytes, task)
        contenders[peer] = async () => {
          const times = peer === 'jimp' ? 1 : 3
          const begun = performance.now()
          for (let i = 0; i < times; i++) await resize(bytes, task)
          const ms = (performance.now() - begun) / times
          const { perSecond } = await inFlight(8, quick ? 0.2 : 1.2, () => resize(bytes, task))
          return { ms, perSecond }
        }
      }
      console.log(`  ${name}`)
      const results = await inTurns(contenders, rounds)
      const files = Object.entries(outputs).map(([peer, data]) => {
        const out = path.join(folder, `${peer.replace(/\W/g, '-')}.${task.format}`)
        fs.writeFileSync(out, data)
        return out
      })
      const scores = quality(file, files)
      cases.push({
        name,
        results: Object.fromEntries(Object.entries(results).map(([peer, figures], i) => [peer, { ...figures, bytes: outputs[peer].length, ssimulacra2: scores[i] }]))
      })
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  return { rounds, cases }
}

const measures = [
  { figure: 'ms', unit: 'ms, one at a time', better: 'less', digits: 1 },
  { figure: 'perSecond', unit: 'images/s, 8 in flight', better: 'more', digits: 1 },
  { figure: 'bytes', unit: 'bytes', better: 'less', digits: 0 },
  { figure: 'ssimulacra2', unit: 'SSIMULACRA2', better: 'more', digits: 1 }
]

/** @param {{ name: string }} one */
const label = ({ name }) => name

module.exports = { title, run, measures, label }
