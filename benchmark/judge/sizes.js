'use strict'

// Has sharp say which sizes and places its fits and positions come to, and writes them down as the table that the tests
// of src/image/geometry.rs compare with: `node benchmark/judge/sizes.js > tests/image/sharp-sizes.csv`.
//
// What is cut is found by looking for the output in the whole scaled image, what is padded by looking for the image on
// its background: numbers that sharp never gives out.

const sharp = require('sharp')

const SIZES = [
  [1, 1], [2, 3], [5, 2], [7, 13], [13, 4], [33, 64], [64, 33], [101, 67], [127, 128], [150, 100], [3, 170],
  [190, 1],
]
const TARGETS = [
  [1, 1], [10, 10], [31, 17], [16, 50], [50, 33], [75, 50], [99, 101], [64, 7], [37, null], [null, 23],
]
const POSITIONS = [
  'centre', 'top', 'right top', 'right', 'right bottom', 'bottom', 'left bottom', 'left', 'left top',
]
const FITS = ['cover', 'contain', 'fill', 'inside', 'outside']
// No pixel of the pictures has this colour.
const BACKGROUND = { r: 255, g: 0, b: 255 }

// Noise without blue, so that no two places look alike and none is like the background.
function picture(width, height) {
  const pixels = Buffer.alloc(width * height * 3)
  let state = width * 1_000 + height
  for (let index = 0; index < width * height; index += 1) {
    for (let channel = 0; channel < 2; channel += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      pixels[index * 3 + channel] = state >>> 24
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

// As stored for an orientation: the picture as shown is always `width` × `height`.
function stored(width, height, orientation) {
  const sides = orientation >= 5 ? [height, width] : [width, height]
  return picture(...sides).withMetadata({ orientation }).png().toBuffer()
}

async function pixels(input, options) {
  const { data, info } = await sharp(input)
    .autoOrient()
    .resize({ background: BACKGROUND, ...options })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}

function isAt(whole, part, left, top) {
  for (let y = 0; y < part.height; y += 1) {
    const row = part.data.subarray(y * part.width * 3, (y + 1) * part.width * 3)
    const start = ((top + y) * whole.width + left) * 3
    if (!row.equals(whole.data.subarray(start, start + row.length))) return false
  }
  return true
}

// Every place in `whole` where `part` is.
function places(whole, part) {
  const found = []
  for (let top = 0; top + part.height <= whole.height; top += 1) {
    for (let left = 0; left + part.width <= whole.width; left += 1) {
      if (isAt(whole, part, left, top)) found.push([left, top])
    }
  }
  return found
}

async function judge(input, options) {
  const output = await pixels(input, options)
  const size = [output.width, output.height]
  if (options.fit === 'cover') {
    // Scaled by the same factor, and not cut.
    const whole = await pixels(input, { ...options, fit: 'outside' })
    return [...size, ...only(places(whole, output))]
  }
  if (options.fit === 'contain') {
    const image = await pixels(input, { ...options, fit: 'inside' })
    return [...size, ...only(places(output, image))]
  }
  return [...size, 0, 0]
}

// A place that is not the only one says nothing.
function only(found) {
  return found.length === 1 ? found[0] : ['', '']
}

async function main() {
  console.log('# sharp', sharp.versions.sharp, '- libvips', sharp.versions.vips)
  console.log('width,height,orientation,fit,position,asked width,asked height,without enlargement,output width,output height,left,top')
  let count = 0
  for (const [width, height] of SIZES) {
    for (const [askedWidth, askedHeight] of TARGETS) {
      for (const fit of FITS) {
        const positions = fit === 'cover' || fit === 'contain' ? POSITIONS : ['centre']
        for (const position of positions) {
          count += 1
          const orientation = (count % 8) + 1
          const withoutEnlargement = count % 3 === 0
          const input = await stored(width, height, orientation)
          const result = await judge(input, { width: askedWidth, height: askedHeight, fit, position, withoutEnlargement })
          const row = [width, height, orientation, fit, position, askedWidth, askedHeight, Number(withoutEnlargement)]
          console.log([...row, ...result].join(','))
        }
      }
    }
  }
}

main()
