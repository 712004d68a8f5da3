'use strict'

// The pictures that are resized. They are made up (scene.js); OFFLOOP_BENCH_PHOTOS names a folder whose photos are taken
// instead: its `photo-12mp-420.jpg` and `photo-rgba.png`. What else is needed is made of these, by sharp, which is asked
// only for what every contender is then given alike.

const fs = require('node:fs')
const path = require('node:path')
const { scene } = require('./scene.js')

/**
 * @typedef {object} Pictures
 * @property {Buffer} jpeg of 12 megapixels, 4:2:0, baseline
 * @property {Buffer} middling a JPEG of 2725×2225, the size of the one in sharp's own benchmark
 * @property {Buffer} png with alpha, 2048×1536
 * @property {Buffer} webp lossy, 2048×1536
 */

/** @returns {Promise<Pictures>} */
async function pictures() {
  const sharp = require('sharp')
  const folder = process.env.OFFLOOP_BENCH_PHOTOS
  const { jpeg, glass } = folder === undefined ? await made(sharp) : {
    jpeg: fs.readFileSync(path.join(folder, 'photo-12mp-420.jpg')),
    glass: sharp(path.join(folder, 'photo-rgba.png'))
  }
  return {
    jpeg,
    middling: await sharp(jpeg).resize(2725, 2225).jpeg({ quality: 85 }).toBuffer(),
    png: await glass.resize(2048, 1536).png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer(),
    webp: await sharp(jpeg).resize(2048, 1536).webp({ quality: 85 }).toBuffer()
  }
}

/** @param {any} sharp */
async function made(sharp) {
  const photo = scene(4032, 3024)
  const glass = scene(2048, 1536, { alpha: true })
  return {
    jpeg: await sharp(photo.samples, { raw: photo.info }).jpeg({ quality: 88 }).toBuffer(),
    glass: sharp(glass.samples, { raw: glass.info })
  }
}

/**
 * The pictures as files, for contenders in processes of their own.
 * @param {string} folder
 * @returns {Promise<Record<keyof Pictures, string>>}
 */
async function pictureFiles(folder) {
  const files = Object.entries(await pictures()).map(([name, data]) => {
    const file = path.join(folder, name)
    fs.writeFileSync(file, data)
    return [name, file]
  })
  return Object.fromEntries(files)
}

module.exports = { pictureFiles }
