'use strict'

// Photos: one upload, the sizes a site shows it in, each as JPEG and WebP.

const fs = require('node:fs/promises')
const path = require('node:path')
const { imageMetadata, resizeImage } = require('offloop')
const { createJob, timed, together } = require('./job.js')
const { landscape } = require('./landscape.js')

const WIDTHS = [320, 640, 1024, 1600, 2400]
const FORMATS = /** @type {const} */ (['jpeg', 'webp'])

/**
 * A photo-like JPEG of 12 megapixels, for who has none at hand.
 * @param {string} file
 * @param {AbortSignal} signal
 */
async function make(file, signal) {
  const width = 4000
  const height = 3000
  const { data } = await resizeImage(landscape(width, height), { width, height, format: 'jpeg', quality: 92, signal })
  await writeWhole(file, data, signal)
  return file
}

/**
 * @param {string} photo
 * @param {AbortSignal} signal
 */
function inspect(photo, signal) {
  return imageMetadata(photo, { signal })
}

/**
 * @param {string} photo
 * @param {{ width: number, height: number }} source
 * @param {string} out
 * @param {AbortController} controller
 */
function job(photo, source, out, controller) {
  const { signal } = controller
  const base = path.parse(photo).name
  const wanted = WIDTHS.flatMap((width) => FORMATS.map((format) => ({
    width,
    format,
    file: path.join(out, `${base}-${width}.${format === 'jpeg' ? 'jpg' : format}`)
  })))

  return createJob({ name: 'photos', unit: 'pictures', total: wanted.length }, async (self) => {
    await together(controller, wanted.map(({ width, format, file }) => timed(self, async () => {
      // The path, not the bytes: offloop reads the file on a thread of its own.
      const { data } = await resizeImage(photo, { width, height: width, fit: 'inside', withoutEnlargement: true, format, signal })
      await writeWhole(file, data, signal)
    })))
  }, async () => {
    const long = Math.max(source.width, source.height)
    for (const { width, format, file } of wanted) {
      const found = await imageMetadata(file)
      const expected = Math.min(width, long)
      if (found.format !== format || Math.max(found.width, found.height) !== expected) {
        throw new Error(`${file}: expected a ${format} with a longer side of ${expected}; ` +
          `got a ${found.format} of ${found.width} × ${found.height}`)
      }
    }
    return `${path.join(out, `${base}-*`)}: ${wanted.length} pictures, each of the size and format asked for`
  }, { calls: true })
}

/**
 * Writes beside the file and renames, so that the name never stands for half a picture.
 * @param {string} file
 * @param {Buffer} data
 * @param {AbortSignal} signal
 */
async function writeWhole(file, data, signal) {
  const part = `${file}.part`
  try {
    await fs.writeFile(part, data, { signal })
    await fs.rename(part, file)
  } catch (error) {
    await fs.rm(part, { force: true })
    // Node's own abort error hides the reason; the demo looks for it.
    signal.throwIfAborted()
    throw error
  }
}

module.exports = { make, inspect, job }
