'use strict'

// PNG files as tests need them, and their pixels again.

const { randomFillSync } = require('node:crypto')
const { crc32, deflateSync, inflateSync } = require('node:zlib')

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Channels by colour type, and the other way round. */
const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const COLOR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 }

/** @param {string} type @param {Uint8Array} data */
function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  out.set(data, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}

/** @param {[number, number]} size @param {number} depth @param {number} colorType */
function header(size, depth, colorType) {
  const data = Buffer.alloc(13)
  data.writeUInt32BE(size[0], 0)
  data.writeUInt32BE(size[1], 4)
  data[8] = depth
  data[9] = colorType
  return chunk('IHDR', data)
}

/**
 * A gray PNG; its header may claim another size than its pixels have.
 * @param {number} width
 * @param {number} height
 * @param {{ claims?: [number, number], noise?: boolean }} [options] noise: as many bytes as pixels
 */
function png(width, height, { claims = [width, height], noise = false } = {}) {
  const pixels = Buffer.alloc((width + 1) * height, 0)
  if (noise) randomFillSync(pixels)
  for (let at = 0; at < pixels.length; at++) {
    if (at % (width + 1) === 0) pixels[at] = 0
    else if (!noise) pixels[at] = (at * 7) & 255
  }
  return Buffer.concat([SIGNATURE, header(claims, 8, 0), chunk('IDAT', deflateSync(pixels, { level: noise ? 0 : 6 })), chunk('IEND', Buffer.alloc(0))])
}

/**
 * A PNG whose pixels a function gives, as arrays of samples: gray, gray and alpha, RGB or RGBA.
 * @param {number} width
 * @param {number} height
 * @param {(x: number, y: number) => number[]} pixel
 * @param {{ depth?: 8 | 16, chunks?: [type: string, data: Uint8Array][] }} [options] chunks: between header and pixels
 */
function paint(width, height, pixel, { depth = 8, chunks = [] } = {}) {
  const channels = pixel(0, 0).length
  const bytes = depth / 8
  const rows = Buffer.alloc((width * channels * bytes + 1) * height)
  let at = 0
  for (let y = 0; y < height; y++) {
    at++
    for (let x = 0; x < width; x++) for (const sample of pixel(x, y)) at = rows.writeUIntBE(sample, at, bytes)
  }
  return Buffer.concat([
    SIGNATURE, header([width, height], depth, COLOR_TYPES[channels]), ...chunks.map(([type, data]) => chunk(type, data)),
    chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))
  ])
}

/**
 * The pixels of a PNG that is not interlaced (PNG third edition, sections 9 and 10), each as an array of samples; a
 * palette's as RGB, or RGBA if it has alpha.
 * @param {Buffer} file
 */
function unpaint(file) {
  /** @type {Record<string, Buffer[]>} */
  const chunks = {}
  for (let at = SIGNATURE.length; at < file.length;) {
    const length = file.readUInt32BE(at)
    ;(chunks[file.toString('latin1', at + 4, at + 8)] ??= []).push(file.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  const [ihdr] = chunks.IHDR
  const [width, height, depth, colorType] = [ihdr.readUInt32BE(0), ihdr.readUInt32BE(4), ihdr[8], ihdr[9]]
  if (ihdr[12] !== 0) throw new Error('interlaced')
  const channels = CHANNELS[colorType]
  const rows = unfilter(inflateSync(Buffer.concat(chunks.IDAT)), height, Math.ceil(width * channels * depth / 8), Math.max(1, channels * depth / 8))
  const sample = (/** @type {number} */ y, /** @type {number} */ index) => {
    if (depth === 16) return rows[y].readUInt16BE(index * 2)
    return rows[y][index * depth >> 3] >> 8 - depth - index * depth % 8 & (1 << depth) - 1
  }
  const at = (/** @type {number} */ x, /** @type {number} */ y) => {
    const samples = Array.from({ length: channels }, (_, channel) => sample(y, x * channels + channel))
    if (colorType !== 3) return samples
    const [index] = samples
    const alpha = chunks.tRNS === undefined ? [] : [chunks.tRNS[0][index] ?? 255]
    return [...chunks.PLTE[0].subarray(index * 3, index * 3 + 3), ...alpha]
  }
  const pixels = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => at(x, y)))
  return { width, height, depth, colorType, chunks, pixels }
}

/**
 * @param {Buffer} data
 * @param {number} height
 * @param {number} length of a row in bytes
 * @param {number} step bytes from a pixel to the next
 */
function unfilter(data, height, length, step) {
  /** @type {Buffer[]} */
  const rows = []
  for (let y = 0; y < height; y++) {
    const start = y * (length + 1)
    const row = Buffer.from(data.subarray(start + 1, start + 1 + length))
    const above = rows[y - 1] ?? Buffer.alloc(length)
    for (let i = 0; i < length; i++) {
      const [a, b, c] = [row[i - step] ?? 0, above[i], above[i - step] ?? 0]
      row[i] += [0, a, b, a + b >> 1, paeth(a, b, c)][data[start]]
    }
    rows.push(row)
  }
  return rows
}

/** @param {number} a left @param {number} b above @param {number} c above left */
function paeth(a, b, c) {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
  if (pa <= pb && pa <= pc) return a
  return pb <= pc ? b : c
}

module.exports = { png, paint, unpaint }
