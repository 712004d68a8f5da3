'use strict'

// Animated GIFs (GIF89a), with an encoder that clears its table before a code grows: each pixel is a byte of its own.

/** Below 128 colours, codes begin with eight bits. */
const MIN_CODE = 7
const CLEAR = 1 << MIN_CODE
const END = CLEAR + 1

/** @param {number[]} indices */
function codes(indices) {
  const out = []
  // The table grows by one a code, and at 256 entries codes would take nine bits.
  indices.forEach((index, at) => out.push(...at % 120 === 0 ? [CLEAR, index] : [index]))
  out.push(END)
  const blocks = []
  for (let at = 0; at < out.length; at += 255) {
    const block = out.slice(at, at + 255)
    blocks.push(block.length, ...block)
  }
  return [MIN_CODE, ...blocks, 0]
}

const u16 = (/** @type {number} */ value) => [value & 255, value >> 8]

/**
 * @param {number} width
 * @param {number} height
 * @param {{ palette: number[][], frames: ((x: number, y: number) => number)[], delays?: number[], loop?: number, claims?: [number, number] }} what
 *   palette: at most 128 colours; frames: functions that give a pixel's index; delays in milliseconds, multiples of ten;
 *   loop: how often it plays, 0 for ever; claims: the size that the header claims
 */
function gif(width, height, { palette, frames, delays = frames.map(() => 100), loop, claims = [width, height] }) {
  const table = Array.from({ length: 128 }, (_, index) => palette[index] ?? [0, 0, 0]).flat()
  // It holds how often it is played again; without it, it is played once.
  const netscape = loop === undefined || loop === 1 ? [] : [0x21, 0xff, 11, ...Buffer.from('NETSCAPE2.0'), 3, 1, ...u16(loop === 0 ? 0 : loop - 1), 0]
  const images = frames.flatMap((index, at) => [
    0x21, 0xf9, 4, 0, ...u16(delays[at] / 10), 0, 0,
    0x2c, ...u16(0), ...u16(0), ...u16(width), ...u16(height), 0,
    ...codes(Array.from({ length: width * height }, (_, i) => index(i % width, Math.floor(i / width))))
  ])
  return Buffer.from([...Buffer.from('GIF89a'), ...u16(claims[0]), ...u16(claims[1]), 0xf6, 0, 0, ...table, ...netscape, ...images, 0x3b])
}

module.exports = { gif }
