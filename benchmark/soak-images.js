'use strict'

// Two thousand resizes of every kind, some aborted, some damaged, some late, with memory sampled every fiftieth: whether
// it has found its level after the first five hundred. Figures go to results/soak-images.json.
//
//   node --expose-gc soak-images.js [--resizes 2000]

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const offloop = require('..')
const { median, setting } = require('./measure.js')
const { pictureFiles } = require('./pictures.js')

const RESIZES = setting('resizes', 2000)
const IN_FLIGHT = 6
const EVERY = 50
const RESULT = path.join(__dirname, 'results', 'soak-images.json')

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-soak-'))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {() => Promise<unknown>} run
 * @property {string[]} [refusals] the codes or names of errors that it is meant to meet
 */

/** @returns {Promise<Kind[]>} */
async function kinds() {
  const sharp = require('sharp')
  const files = await pictureFiles(folder)
  const [jpeg, middling, png, webp] = ['jpeg', 'middling', 'png', 'webp'].map((name) => fs.readFileSync(files[name]))
  const progressive = await sharp(middling).jpeg({ progressive: true }).toBuffer()
  const cmyk = await sharp(middling).resize(1200).toColourspace('cmyk').jpeg().toBuffer()
  const tiff = await sharp(middling).resize(1200).tiff({ compression: 'lzw' }).toBuffer()
  const frames = await Promise.all([0, 60, 120].map((hue) => sharp(middling).resize(320, 240).modulate({ hue }).png().toBuffer()))
  const gif = await sharp(frames, { join: { animated: true } }).gif().toBuffer()
  const moving = await sharp(gif, { animated: true }).webp().toBuffer()
  const torn = jpeg.subarray(0, jpeg.length >> 1)
  const { resizeImage, resizeImageSet, imageMetadata } = offloop
  const soon = () => AbortSignal.timeout(Math.floor(Math.random() * 60))
  return [
    { name: 'JPEG to JPEG', run: () => resizeImage(jpeg, { width: 720 }) },
    { name: 'JPEG to WebP', run: () => resizeImage(middling, { width: 640, format: 'webp' }) },
    { name: 'JPEG file to PNG', run: () => resizeImage(files.middling, { width: 500, height: 500, format: 'png' }) },
    { name: 'JPEG, transferred', run: () => resizeImage(Uint8Array.from(middling), { width: 320, transfer: true }) },
    { name: 'progressive JPEG', run: () => resizeImage(progressive, { width: 800, progressive: true }) },
    { name: 'CMYK JPEG', run: () => resizeImage(cmyk, { width: 400 }) },
    { name: 'PNG to PNG', run: () => resizeImage(png, { width: 720, height: 540 }) },
    { name: 'PNG to PNG with a palette', run: () => resizeImage(png, { width: 320, palette: true }) },
    { name: 'PNG to WebP', run: () => resizeImage(png, { width: 720, format: 'webp' }) },
    { name: 'WebP to WebP', run: () => resizeImage(webp, { width: 600 }) },
    { name: 'WebP to AVIF', run: () => resizeImage(webp, { width: 96, format: 'avif', effort: 0 }) },
    { name: 'TIFF to JPEG', run: () => resizeImage(tiff, { width: 500, format: 'jpeg' }) },
    { name: 'GIF, animated', run: () => resizeImage(gif, { width: 160 }) },
    { name: 'WebP, animated', run: () => resizeImage(moving, { width: 160 }) },
    { name: 'turned, trimmed, padded', run: () => resizeImage(middling, { width: 300, height: 400, fit: 'contain', rotate: 90, flop: true, trim: true, padding: 8, linear: true }) },
    { name: 'five sizes', run: () => resizeImageSet(jpeg, [1920, 1280, 960, 640, 320].map((width) => ({ width }))) },
    { name: 'metadata', run: () => imageMetadata(jpeg) },
    { name: 'aborted', refusals: ['TimeoutError'], run: () => resizeImage(jpeg, { width: 720, signal: soon() }) },
    { name: 'late', refusals: ['ERR_DEADLINE'], run: () => resizeImage(png, { width: 720, timeoutMs: Math.random() * 60 }) },
    { name: 'torn', refusals: ['ERR_IMAGE_CORRUPT'], run: () => resizeImage(torn, { width: 720 }) },
    { name: 'torn, tolerated', run: () => resizeImage(torn, { width: 720, failOn: 'none' }) }
  ]
}

const MIB = 1024 * 1024
/** @param {number} bytes */
const mib = (bytes) => Math.round(bytes / MIB * 10) / 10

/** @param {number} resizes */
function sample(resizes) {
  global.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const { memory } = offloop.poolStats()
  return { resizes, rssMb: mib(rss), heapUsedMb: mib(heapUsed), externalMb: mib(external), bytesHeldMb: mib(memory.held) }
}

async function main() {
  const list = await kinds()
  /** @type {Record<string, { done: number, expected: number }>} */
  const counts = Object.fromEntries(list.map(({ name }) => [name, { done: 0, expected: 0 }]))
  const samples = [sample(0)]
  let next = 0
  let done = 0
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (next < RESIZES) {
      const { name, run, refusals = [] } = list[next++ % list.length]
      try {
        await run()
        counts[name].done++
      } catch (error) {
        const { code, name: kind } = /** @type {{ code?: string, name?: string }} */ (error)
        if (!refusals.includes(code ?? '') && !refusals.includes(kind ?? '')) throw error
        counts[name].expected++
      }
      if (++done % EVERY === 0) samples.push(sample(done))
    }
  }))
  // What is left when the work is over and idle memory has been given back.
  await sleep(15_000)
  const after = sample(done)

  const quarter = (/** @type {number} */ i) => median(samples.filter(({ resizes }) => resizes > RESIZES * i / 4 && resizes <= RESIZES * (i + 1) / 4).map(({ rssMb }) => rssMb))
  const quarters = [0, 1, 2, 3].map(quarter)
  fs.mkdirSync(path.dirname(RESULT), { recursive: true })
  fs.writeFileSync(RESULT, JSON.stringify({
    suite: 'soak-images',
    date: new Date().toISOString(),
    node: process.version,
    offloop: require('../package.json').version,
    cpu: os.cpus()[0].model.trim(),
    threads: offloop.poolStats().threads,
    resizes: RESIZES,
    inFlight: IN_FLIGHT,
    quarters,
    growthMb: mib((quarters[3] - quarters[0]) * MIB),
    after,
    counts,
    samples
  }, null, 1) + '\n')
  console.log(`RSS, medians of each quarter of ${RESIZES} resizes: ${quarters.map((one) => one.toFixed(0)).join(', ')} MiB; idle again: ${after.rssMb.toFixed(0)} MiB`)
  console.table(counts)
  console.log(`written: ${path.relative(process.cwd(), RESULT)}`)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
