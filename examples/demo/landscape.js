'use strict'

// A picture that costs a codec about what a photo does: smooth sky, hard edges, texture, sensor noise.
// It is handed on as a PNG, which is raw rows, deflated, with a header in front.

const zlib = require('node:zlib')

/**
 * @param {number} width
 * @param {number} height
 * @returns {Buffer} a PNG, 8-bit RGB
 */
function landscape(width, height) {
  // Each row begins with the number of its filter: 0, none.
  const stride = 1 + width * 3
  const rows = Buffer.alloc(stride * height)
  const grain = noise(1 << 16)
  const ridges = [0.45, 0.6, 0.75].map((level, i) => ridge(width, height, level, i))
  let seed = 1
  for (let y = 0; y < height; y++) {
    let at = y * stride + 1
    for (let x = 0; x < width; x++) {
      let layer = -1
      while (layer < 2 && y >= ridges[layer + 1][x]) layer++
      // One cheap random number a pixel, and two scales of texture from a table.
      seed = (Math.imul(seed, 1103515245) + 12345) | 0
      const fine = (seed >>> 29) - 4
      const coarse = layer < 0 ? 0 : grain[((x >> 2) + (y >> 2) * 251) & 0xffff] + grain[(x * 3 + y * 769) & 0xffff]
      const sky = y / height
      rows[at++] = clamp(layer < 0 ? 90 + 130 * sky + fine : 110 - 32 * layer + coarse + fine)
      rows[at++] = clamp(layer < 0 ? 140 + 80 * sky + fine : 120 - 22 * layer + coarse + fine)
      rows[at++] = clamp(layer < 0 ? 220 - 40 * sky + fine : 100 - 34 * layer + coarse / 2 + fine)
    }
  }
  return png(width, height, rows)
}

/**
 * The height at which a range of hills begins, by column.
 * @param {number} width
 * @param {number} height
 * @param {number} level
 * @param {number} i
 */
function ridge(width, height, level, i) {
  return Float64Array.from({ length: width }, (_, x) => {
    const u = x / width
    return height * (level + 0.06 * Math.sin(u * 7 + i * 2) + 0.03 * Math.sin(u * 23 + i) + 0.004 * Math.sin(u * 311 + i))
  })
}

/** @param {number} length */
function noise(length) {
  let seed = 7
  return Int8Array.from({ length }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) | 0
    return (seed >>> 28) - 8
  })
}

/** @param {number} value */
function clamp(value) {
  return value < 0 ? 0 : value > 255 ? 255 : value
}

/**
 * @param {number} width
 * @param {number} height
 * @param {Buffer} rows
 */
function png(width, height, rows) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8) // 8 bits a sample, RGB, deflate, the standard filters, not interlaced
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', zlib.deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0))
  ])
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const whole = Buffer.alloc(12 + data.length)
  whole.writeUInt32BE(data.length, 0)
  whole.write(type, 4, 'latin1')
  data.copy(whole, 8)
  whole.writeUInt32BE(zlib.crc32(whole.subarray(4, 8 + data.length)), 8 + data.length)
  return whole
}

module.exports = { landscape }
