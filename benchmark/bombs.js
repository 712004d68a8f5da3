'use strict'

// Small files that claim, or would unpack to, far more than anyone could hold.

const { crc32, deflateSync } = require('node:zlib')

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const whole = Buffer.alloc(12 + data.length)
  whole.writeUInt32BE(data.length, 0)
  whole.write(type, 4, 'latin1')
  data.copy(whole, 8)
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + data.length)), 8 + data.length)
  return whole
}

/**
 * @param {number} width
 * @param {number} height
 * @param {[type: string, data: Buffer][]} chunks
 */
function png(width, height, chunks) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8) // 8 bits a channel, RGB
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), ...chunks.map(([type, data]) => chunk(type, data)), chunk('IEND', Buffer.alloc(0))])
}

/**
 * One frame of one pixel, as often as asked for.
 * @param {number} side of the canvas
 * @param {number} frames
 */
function gif(side, frames) {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1')
  screen.writeUInt16LE(side, 6)
  screen.writeUInt16LE(side, 8)
  const frame = Buffer.from('\x21\xf9\x04\0\x01\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0', 'latin1')
  return Buffer.concat([screen, ...Array.from({ length: frames }, () => frame), Buffer.from(';')])
}

/**
 * @param {string} name
 * @param {Buffer} body
 */
function riff(name, body) {
  const head = Buffer.from(`${name}\0\0\0\0`, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

/**
 * An animation whose frames are one of four pixels by four.
 * @param {number} side of the canvas
 * @param {number} frames
 * @param {Buffer} still a WebP of four by four
 */
function webp(side, frames, still) {
  const canvas = Buffer.alloc(10)
  canvas[0] = 2 // animated
  canvas.writeUIntLE(side - 1, 4, 3)
  canvas.writeUIntLE(side - 1, 7, 3)
  const place = Buffer.alloc(16)
  place.writeUIntLE(3, 6, 3)
  place.writeUIntLE(3, 9, 3)
  place[12] = 100
  const frame = riff('ANMF', Buffer.concat([place, still.subarray(12)]))
  return riff('RIFF', Buffer.concat([Buffer.from('WEBP'), riff('VP8X', canvas), riff('ANIM', Buffer.alloc(6)), ...Array.from({ length: frames }, () => frame)]))
}

/**
 * @param {Buffer} jpeg
 * @param {number} side
 */
function jpegOf(jpeg, side) {
  const data = Buffer.from(jpeg)
  const frame = Math.max(data.indexOf(Buffer.from([0xff, 0xc0])), data.indexOf(Buffer.from([0xff, 0xc2])))
  data.writeUInt16BE(side, frame + 5)
  data.writeUInt16BE(side, frame + 7)
  return data
}

/**
 * The last scan of a progressive JPEG, again and again.
 * @param {Buffer} progressive
 * @param {number} times
 */
function scans(progressive, times) {
  const last = progressive.lastIndexOf(Buffer.from([0xff, 0xda]))
  const end = progressive.length - 2
  const scan = progressive.subarray(last, end)
  return Buffer.concat([progressive.subarray(0, end), ...Array.from({ length: times }, () => scan), progressive.subarray(end)])
}

/**
 * @param {number} width
 * @param {number} height
 */
function bmp(width, height) {
  const data = Buffer.alloc(100)
  data.write('BM')
  data.writeUInt32LE(100, 2)
  data.writeUInt32LE(54, 10)
  data.writeUInt32LE(40, 14)
  data.writeInt32LE(width, 18)
  data.writeInt32LE(height, 22)
  data.writeUInt16LE(1, 26)
  data.writeUInt16LE(24, 28)
  return data
}

/**
 * @param {number} width
 * @param {number} height
 * @param {number} compression
 * @param {Buffer} strip
 */
function tiff(width, height, compression, strip) {
  const entries = [[256, 4, width], [257, 4, height], [258, 3, 8], [259, 3, compression], [262, 3, 1], [273, 4, 8], [277, 3, 1], [278, 4, height], [279, 4, strip.length]]
  const directory = Buffer.alloc(2 + entries.length * 12 + 4)
  directory.writeUInt16LE(entries.length, 0)
  for (const [i, [tag, type, value]] of entries.entries()) {
    directory.writeUInt16LE(tag, 2 + i * 12)
    directory.writeUInt16LE(type, 4 + i * 12)
    directory.writeUInt32LE(1, 6 + i * 12)
    directory.writeUInt32LE(value, 10 + i * 12)
  }
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1')
  head.writeUInt32LE(8 + strip.length, 4)
  return Buffer.concat([head, strip, directory])
}

/** @returns {Promise<{ name: string, data: Buffer }[]>} */
async function bombs() {
  const sharp = require('sharp')
  const small = sharp({ create: { width: 64, height: 64, channels: 3, background: '#369' } })
  const jpeg = await small.clone().jpeg().toBuffer()
  const progressive = await small.clone().jpeg({ progressive: true }).toBuffer()
  const still = await small.clone().resize(4).webp().toBuffer()
  const zeros = deflateSync(Buffer.alloc(256 << 20), { level: 9 })
  const row = deflateSync(Buffer.alloc(1 << 20))
  return [
    { name: 'PNG, 65,500 × 65,500', data: png(65_500, 65_500, [['IDAT', row]]) },
    { name: 'PNG, 2³¹ − 1 wide and high', data: png(0x7fffffff, 0x7fffffff, [['IDAT', row]]) },
    { name: 'PNG, 10 × 10, 256 MiB of rows', data: png(10, 10, [['IDAT', zeros]]) },
    { name: 'PNG, a profile of 256 MiB', data: png(10, 10, [['iCCP', Buffer.concat([Buffer.from('x\0\0'), zeros])], ['IDAT', row]]) },
    { name: 'PNG, a text of 256 MiB', data: png(10, 10, [['zTXt', Buffer.concat([Buffer.from('Comment\0\0'), zeros])], ['IDAT', row]]) },
    { name: 'PNG, XMP of 256 MiB', data: png(10, 10, [['iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'), zeros])], ['IDAT', row]]) },
    { name: 'GIF, 65,535 × 65,535', data: gif(65_535, 1) },
    { name: 'GIF, 5,000 frames of 1,000 × 1,000', data: gif(1000, 5000) },
    { name: 'WebP, 2²⁴ × 2²⁴', data: webp(1 << 24, 1, still) },
    { name: 'WebP, 5,000 frames of 2,000 × 2,000', data: webp(2000, 5000, still) },
    { name: 'JPEG, 65,535 × 65,535', data: jpegOf(jpeg, 65_535) },
    { name: 'JPEG, 16,000 × 16,000 that are not there', data: jpegOf(jpeg, 16_000) },
    { name: 'JPEG, progressive, 5,000 scans', data: scans(progressive, 5000) },
    { name: 'JPEG, progressive, 16,000 × 16,000, 1,000 scans', data: scans(jpegOf(progressive, 16_000), 1000) },
    { name: 'BMP, 65,535 × 65,535', data: bmp(65_535, 65_535) },
    { name: 'BMP, 16,000 × 16,000 that are not there', data: bmp(16_000, 16_000) },
    { name: 'TIFF, 65,535 × 65,535', data: tiff(65_535, 65_535, 1, Buffer.alloc(100)) },
    { name: 'TIFF, 100 × 100, 256 MiB in its strip', data: tiff(100, 100, 8, zeros) }
  ]
}

module.exports = { bombs }
