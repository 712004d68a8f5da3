'use strict'

// A colour profile of three colorants and a gamma (ICC.1:2010, 7 to 10).

const { deflateSync } = require('node:zlib')

/** Of Display P3, adapted to D50. */
const DISPLAY_P3 = { rXYZ: [0.51512, 0.2412, -0.00105], gXYZ: [0.29198, 0.69225, 0.04189], bXYZ: [0.1571, 0.06657, 0.78407] }

/** @param {number} value as s15Fixed16Number */
function fixed(value) {
  const out = Buffer.alloc(4)
  out.writeInt32BE(Math.round(value * 65_536))
  return out
}

const xyz = (/** @type {number[]} */ values) => Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), ...values.map(fixed)])

/** @param {string} text */
function description(text) {
  const out = Buffer.alloc(Math.ceil((12 + text.length + 1 + 78) / 4) * 4)
  out.write('desc', 0, 'latin1')
  out.writeUInt32BE(text.length + 1, 8)
  out.write(text, 12, 'latin1')
  return out
}

/**
 * @param {Record<string, number[]>} [colorants]
 * @param {number} [gamma]
 */
function profile(colorants = DISPLAY_P3, gamma = 2.2) {
  const curve = Buffer.from('curv\0\0\0\0\0\0\0\x01\0\0\0\0', 'latin1')
  curve.writeUInt16BE(Math.round(gamma * 256), 12)
  /** @type {[string, Buffer][]} */
  const tags = [
    ['desc', description('a test')], ['cprt', Buffer.from('text\0\0\0\0none\0\0\0\0', 'latin1')], ['wtpt', xyz([0.9642, 1, 0.8249])],
    ...Object.entries(colorants).map(([name, values]) => /** @type {[string, Buffer]} */ ([name, xyz(values)])),
    ['rTRC', curve], ['gTRC', curve], ['bTRC', curve]
  ]
  const start = 128 + 4 + tags.length * 12
  const table = Buffer.alloc(4 + tags.length * 12)
  table.writeUInt32BE(tags.length, 0)
  let at = start
  for (const [i, [name, data]] of tags.entries()) {
    table.write(name, 4 + i * 12, 'latin1')
    table.writeUInt32BE(at, 8 + i * 12)
    table.writeUInt32BE(data.length, 12 + i * 12)
    at += data.length
  }
  const header = Buffer.alloc(128)
  header.writeUInt32BE(at, 0)
  header.writeUInt32BE(0x02400000, 8)
  header.write('mntrRGB XYZ ', 12, 'latin1')
  header.writeUInt16BE(2024, 24)
  header.writeUInt16BE(1, 26)
  header.writeUInt16BE(1, 28)
  header.write('acsp', 36, 'latin1')
  Buffer.concat([0.9642, 1, 0.8249].map(fixed)).copy(header, 68)
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)])
}

/** The profile as a PNG's chunk. @param {Buffer} icc @returns {[string, Buffer]} */
const iccp = (icc) => ['iCCP', Buffer.concat([Buffer.from('test\0\0', 'latin1'), deflateSync(icc)])]

module.exports = { profile, iccp }
