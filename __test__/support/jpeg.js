'use strict'

// Surgery on JPEG files, which tests have made by offloop itself.

const SOS = 0xda

/**
 * The segments before the first scan (ITU-T T.81, B.1.1.4), with their markers.
 * @param {Buffer} file
 * @returns {{ marker: number, start: number, end: number }[]} the last is the first scan's header
 */
function segments(file) {
  const found = []
  for (let at = 2; ;) {
    const marker = file[at + 1]
    const end = at + 2 + file.readUInt16BE(at + 2)
    found.push({ marker, start: at, end })
    if (marker === SOS) return found
    at = end
  }
}

/**
 * A segment put behind the file's start.
 * @param {Buffer} file
 * @param {number} marker
 * @param {Uint8Array} data
 */
function withSegment(file, marker, data) {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(data.length + 2, 2)
  return Buffer.concat([file.subarray(0, 2), head, data, file.subarray(2)])
}

/**
 * The last scan written again and again.
 * @param {Buffer} file a progressive one
 * @param {number} times
 */
function withScans(file, times) {
  const last = file.lastIndexOf(Buffer.from([0xff, SOS]))
  const scan = file.subarray(last, file.length - 2)
  return Buffer.concat([file.subarray(0, last), ...Array.from({ length: times }, () => scan), file.subarray(-2)])
}

/**
 * An EXIF block (from its TIFF header on) that says how the image is turned.
 * @param {number} orientation
 */
function exif(orientation) {
  const block = Buffer.alloc(26)
  block.write('MM\0*', 0, 'latin1')
  block.writeUInt32BE(8, 4)
  block.writeUInt16BE(1, 8)
  block.writeUInt16BE(0x0112, 10)
  block.writeUInt16BE(3, 12)
  block.writeUInt32BE(1, 14)
  block.writeUInt16BE(orientation, 18)
  return block
}

module.exports = { exif, segments, withScans, withSegment }
