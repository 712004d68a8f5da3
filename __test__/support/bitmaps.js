'use strict'

// BMP and TIFF without compression: 24-bit RGB.

/** @typedef {(x: number, y: number) => number[]} Pixel red, green, blue */

/** @param {number} width @param {number} height @param {Pixel} pixel @param {[number, number]} [claims] */
function bmp(width, height, pixel, claims = [width, height]) {
  const stride = Math.ceil(width * 3 / 4) * 4
  const file = Buffer.alloc(54 + stride * height)
  file.write('BM', 0, 'latin1')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(54, 10)
  file.writeUInt32LE(40, 14)
  file.writeInt32LE(claims[0], 18)
  file.writeInt32LE(claims[1], 22)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(24, 28)
  // The lowest row first, and blue before red.
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) file.set(pixel(x, y).toReversed(), 54 + (height - 1 - y) * stride + x * 3)
  }
  return file
}

/** @param {number} width @param {number} height @param {Pixel} pixel @param {[number, number]} [claims] */
function tiff(width, height, pixel, claims = [width, height]) {
  const pixels = Buffer.from(Array.from({ length: width * height }, (_, i) => pixel(i % width, Math.floor(i / width))).flat())
  const SHORT = 3
  const LONG = 4
  const fields = [
    [256, LONG, claims[0]], [257, LONG, claims[1]], [258, SHORT, 0], [259, SHORT, 1], [262, SHORT, 2], [273, LONG, 0],
    [277, SHORT, 3], [278, LONG, claims[1]], [279, LONG, pixels.length]
  ]
  const bits = 8 + 2 + fields.length * 12 + 4
  const start = bits + 6
  const file = Buffer.alloc(start + pixels.length)
  file.write('II*\0', 0, 'latin1')
  file.writeUInt32LE(8, 4)
  file.writeUInt16LE(fields.length, 8)
  for (const [i, [tag, type, value]] of fields.entries()) {
    const at = 10 + i * 12
    file.writeUInt16LE(tag, at)
    file.writeUInt16LE(type, at + 2)
    // Bits a sample are three numbers, which do not fit in their field.
    file.writeUInt32LE(tag === 258 ? 3 : 1, at + 4)
    file.writeUInt32LE(tag === 258 ? bits : tag === 273 ? start : value, at + 8)
  }
  for (let i = 0; i < 3; i++) file.writeUInt16LE(8, bits + i * 2)
  pixels.copy(file, start)
  return file
}

module.exports = { bmp, tiff }
