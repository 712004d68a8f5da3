'use strict'

const { randomFillSync } = require('node:crypto')
const { crc32, deflateSync } = require('node:zlib')

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  data.copy(out, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}

/**
 * A gray PNG; its header may claim another size than its pixels have.
 * @param {number} width
 * @param {number} height
 * @param {{ claims?: [number, number], noise?: boolean }} [options] noise: as many bytes as pixels
 */
function png(width, height, { claims = [width, height], noise = false } = {}) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(claims[0], 0)
  header.writeUInt32BE(claims[1], 4)
  header[8] = 8
  const pixels = Buffer.alloc((width + 1) * height, 0)
  if (noise) randomFillSync(pixels)
  for (let at = 0; at < pixels.length; at++) {
    if (at % (width + 1) === 0) pixels[at] = 0
    else if (!noise) pixels[at] = (at * 7) & 255
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(pixels, { level: noise ? 0 : 6 })), chunk('IEND', Buffer.alloc(0))])
}

module.exports = { png }
