'use strict'

// Files made to exhaust whoever opens them: how long until each is refused, or is an image after all, and what memory it
// takes until then. A process each time.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { bombs } = require('../bombs.js')
const { resizers } = require('../peers/images.js')
const { Contender } = require('../processes.js')
const { medians } = require('../rounds.js')
const { forgetHighest, highestMiB } = require('../resident.js')

const title = 'Images that claim too much'

/** Who has not answered by then is not waited for. */
const PATIENCE_MS = 10_000
const PEERS = ['offloop', 'sharp']

/** @param {boolean} quick */
async function run(quick) {
  const rounds = quick ? 1 : 3
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-images-'))
  const file = path.join(folder, 'bomb')
  try {
    const cases = []
    for (const { name, data } of await bombs()) {
      console.log(`  ${name}, ${data.length} bytes`)
      fs.writeFileSync(file, data)
      /** @type {Record<string, object>} */
      const results = {}
      for (const peer of PEERS) {
        const figures = []
        let outcome = ''
        for (let round = 0; round < rounds; round++) {
          const { said, ...numbers } = await once(peer, file)
          figures.push(numbers)
          outcome = said
        }
        results[peer] = { ...medians(figures), outcome, rounds: figures }
      }
      cases.push({ name, bytes: data.length, results })
    }
    return { rounds, cases }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} peer
 * @param {string} file
 * @returns {Promise<{ ms: number, peakMiB: number, said: string }>}
 */
async function once(peer, file) {
  const contender = new Contender('images-hostile', { peer, file })
  try {
    await contender.ready
    return await contender.turn()
  } finally {
    contender.stop()
  }
}

/** @param {{ peer: string, file: string }} task */
async function contend({ peer, file }) {
  const resize = resizers[peer].load()
  // Code is loaded and threads are started by a picture that does no harm.
  const png = await require('sharp')({ create: { width: 8, height: 8, channels: 3, background: '#fff' } }).png().toBuffer()
  for (let i = 0; i < 5; i++) await resize(png, { width: 4, format: 'png' })
  const bytes = fs.readFileSync(file)
  return async () => {
    const startMiB = process.memoryUsage.rss() / 2 ** 20
    forgetHighest()
    const begun = performance.now()
    const said = await Promise.race([
      resize(bytes, { width: 10, format: 'png' }).then(() => 'an image', (error) => `${error.code ?? ''} ${error.message}`.trim()),
      new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, `nothing within ${PATIENCE_MS / 1000} s`))
    ])
    return { ms: performance.now() - begun, peakMiB: Math.max(0, highestMiB() - startMiB), said }
  }
}

const measures = [
  { figure: 'ms', unit: 'ms until it is refused', better: 'less', digits: 1 },
  { figure: 'peakMiB', unit: "MiB over the start's, at the peak", better: 'less', digits: 1 }
]

/** @param {{ name: string, bytes: number }} one */
const label = ({ name, bytes }) => `${name}; ${bytes.toLocaleString('en')} bytes`

module.exports = { title, run, contend, measures, label }
