'use strict'

// A PNG with transparency, made up: overlapping discs with soft edges on nothing, as logos and stickers have them.

const { crc32, deflateSync } = require('node:zlib')

const DISCS = Array.from({ length: 24 }, (_, i) => ({
  x: i * 0.381966 % 1,
  y: i * 0.7548777 % 1,
  radius: 0.06 + i * 0.618034 % 1 * 0.12,
  colour: [i * 83 % 256, i * 151 % 256, i * 211 % 256]
}))

/**
 * @param {number} width
 * @param {number} height
 * @returns {Buffer} a PNG, 8-bit RGBA
 */
function drawing(width, height) {
  const stride = 1 + width * 4
  const rows = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * stride + 1 + x * 4
      for (const disc of DISCS) {
        const distance = Math.hypot(x / width - disc.x, (y - disc.y * height) / width) / disc.radius
        if (distance >= 1) continue
        const edge = Math.min(1, (1 - distance) * 12)
        const shade = 1 - 0.5 * distance
        for (let i = 0; i < 3; i++) rows[at + i] = disc.colour[i] * shade
        rows[at + 3] = Math.max(rows[at + 3], Math.round(255 * edge))
      }
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 6], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  data.copy(out, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}

module.exports = { drawing }
