'use strict'

// Has sharp resize a picture with every kernel and writes down the pixels that src/image/resize/judged.rs compares with:
// `node benchmark/judge/pixels.js > tests/image/sharp-pixels.txt`. The picture is a formula, which both sides compute.

const sharp = require('sharp')

const KERNELS = ['nearest', 'linear', 'cubic', 'mitchell', 'lanczos3']
// From, to: by less than two, by about three, from four on (where libvips averages first), each axis otherwise, larger.
const SIZES = [
  [[23, 17], [16, 12]], [[50, 40], [17, 13]], [[101, 83], [13, 11]], [[120, 9], [14, 6]], [[9, 7], [16, 13]]
]

// Slopes, edges and fine stripes; alpha from none to all.
function sample(x, y, channel) {
  if (channel === 3) return (x * 11 + y * 5) % 256
  return 40 + ((x * x >> 3) + y * 5 + channel * 50) % 176
}

function picture(width, height, channels) {
  const pixels = Buffer.alloc(width * height * channels)
  for (let index = 0; index < pixels.length; index += 1) {
    const pixel = Math.floor(index / channels)
    pixels[index] = sample(pixel % width, Math.floor(pixel / width), index % channels)
  }
  return sharp(pixels, { raw: { width, height, channels } }).png().toBuffer()
}

async function main() {
  console.log('# sharp', sharp.versions.sharp, '- libvips', sharp.versions.vips)
  for (const [from, to] of SIZES) {
    for (const channels of [3, 4]) {
      for (const kernel of KERNELS) {
        const input = await picture(from[0], from[1], channels)
        const output = await sharp(input).resize(to[0], to[1], { fit: 'fill', kernel }).raw().toBuffer()
        console.log(kernel, channels, ...from, ...to, output.toString('hex'))
      }
    }
  }
}

main()
