'use strict'

// What runs in a worker_thread: see threads.js.

const { parentPort, workerData } = require('node:worker_threads')
const { exportCsv, exportCsvFile, hashPassword, resizeImage, resizeImageSet, verifyPassword } = require('../..')
const { png } = require('../support/png.js')

const CHEAP = { algorithm: 'argon2id', memoryKiB: 8, passes: 1 }

function* endless() {
  for (let id = 0; ; id++) yield { id, text: 'x'.repeat(100) }
}

const { kind, file } = workerData

/** Tells the parent. */
function say(message) {
  // A window's method takes an origin; a port's does not.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort.postMessage(message)
}

/** A bit of everything, and what came of it. */
async function everything() {
  const ok = await verifyPassword('x', await hashPassword('x', { policy: CHEAP }))
  const csv = await exportCsv([{ a: 1 }])
  const { width } = await resizeImage(png(40, 30), { width: 20 })
  return [ok, csv.toString(), width]
}

const shared = png(1200, 900)

let made
/** A picture of some megabytes, so that reading it takes a while. */
function large() {
  made ??= png(3000, 2000, { noise: true })
  return made
}

/** Work without an end, of one kind; the parent ends it. */
const busy = {
  argon2: () => hashPassword('x', { policy: { algorithm: 'argon2id', memoryKiB: 8192, passes: 8 } }),
  bcrypt: () => verifyPassword('x', null, { policy: { algorithm: 'bcrypt', cost: 9 } }),
  csv: () => exportCsv(endless()),
  file: () => exportCsvFile(endless(), file),
  image: () => resizeImage(png(1200, 900), { width: 800, format: 'webp', effort: 6 }),
  // Four times the same: one is computed, and the others wait for it.
  set: () => resizeImageSet(shared, [{ width: 600, format: 'webp' }, { width: 200, format: 'jpeg' }]),
  // Memory of this thread's own, which goes with it, read by the pool's threads.
  transfer: () => resizeImage(Uint8Array.from(large()), { width: 300, format: 'png', transfer: true })
}

if (kind === undefined) {
  everything().then(say)
} else {
  for (let i = 0; i < 4; i++) {
    const again = () => busy[kind]().then(again)
    again()
  }
  say('busy')
}
