'use strict'

// Has sharp say where its attention is in pictures of two patches, and writes down what src/image/attention.rs compares
// with: `node benchmark/judge/attention.js > tests/image/sharp-attention.csv`. The pictures are formulas, which both
// sides compute.

const sharp = require('sharp')

const CASES = 120
const PATCH = 48

// Checks, skin, red, dark checks.
function patch(kind, x, y) {
  const odd = (Math.floor(x / 6) + Math.floor(y / 6)) % 2
  if (kind === 0) return odd ? [240, 240, 240] : [20, 20, 20]
  if (kind === 1) return [224, 172, 138]
  if (kind === 2) return [210, 30, 40]
  return odd ? [40, 40, 40] : [10, 10, 10]
}

function picture(width, height, patches) {
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const gray = 80 + Math.floor(x * 60 / width)
      let pixel = [gray, gray + Math.floor(y * 30 / height), gray + 10]
      for (const { left, top, kind } of patches) {
        if (x >= left && x < left + PATCH && y >= top && y < top + PATCH) pixel = patch(kind, x, y)
      }
      pixels.set(pixel, (y * width + x) * 3)
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } }).png().toBuffer()
}

async function main() {
  let state = 1
  const chance = below => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0
    return (state >>> 8) % below
  }
  console.log('# sharp', sharp.versions.sharp, '- libvips', sharp.versions.vips)
  console.log('width,height,left 1,top 1,kind 1,left 2,top 2,kind 2,kept width,kept height,left,top')
  for (let index = 0; index < CASES; index += 1) {
    const [width, height] = [[400, 200], [200, 400], [300, 300]][index % 3]
    const kept = [[200, 200], [200, 200], [100, 200]][index % 3]
    const patches = [0, 1].map(() => ({ left: chance(width - PATCH), top: chance(height - PATCH), kind: chance(4) }))
    const { info } = await sharp(await picture(width, height, patches))
      .resize(kept[0], kept[1], { position: 'attention' })
      .raw().toBuffer({ resolveWithObject: true })
    const cells = patches.flatMap(({ left, top, kind }) => [left, top, kind])
    console.log([width, height, ...cells, ...kept, -info.cropOffsetLeft, -info.cropOffsetTop].join(','))
  }
}

main()
