'use strict'

// Has sharp trim pictures with borders of some noise, and writes down what src/image/trim.rs compares with:
// `node benchmark/judge/trim.js > tests/image/sharp-trim.csv`. The pictures are formulas, which both sides compute.

const sharp = require('sharp')

const WIDTH = 40
const HEIGHT = 30
const CASES = 200

function noise(seed) {
  let state = seed
  return below => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0
    return (state >>> 8) % below
  }
}

// A ground and a block on it, each with noise of its own; every tenth pixel or so is a speck where there are specks.
function picture(seed, channels, { left, top, width, height, step, grain, specks }) {
  const chance = noise(seed)
  const pixels = Buffer.alloc(WIDTH * HEIGHT * channels)
  for (let index = 0; index < WIDTH * HEIGHT; index += 1) {
    const [x, y] = [index % WIDTH, Math.floor(index / WIDTH)]
    const inside = x >= left && x < left + width && y >= top && y < top + height
    const speck = chance(10) === 0 && specks
    for (let channel = 0; channel < channels; channel += 1) {
      const ground = channel === 3 ? 250 : 120 + channel * 10
      pixels[index * channels + channel] = ground - (inside ? step : 0) - (speck ? 90 : 0) - chance(grain)
    }
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels } }).png().toBuffer()
}

async function main() {
  console.log('# sharp', sharp.versions.sharp, '- libvips', sharp.versions.vips)
  console.log('channels,block left,block top,block width,block height,step,grain,specks,threshold,left,top,width,height')
  for (let seed = 1; seed <= CASES; seed += 1) {
    const chance = noise(seed * 77)
    const channels = 3 + seed % 2
    const [left, top] = [chance(20), chance(15)]
    const block = { left, top, width: 1 + chance(WIDTH - left), height: 1 + chance(HEIGHT - top) }
    const look = { step: 5 + chance(50), grain: 1 + chance(8), specks: chance(3) === 0 ? 1 : 0 }
    const threshold = chance(30)
    const { info } = await sharp(await picture(seed, channels, { ...block, ...look }))
      .trim({ threshold }).raw().toBuffer({ resolveWithObject: true })
    const place = [-(info.trimOffsetLeft ?? 0), -(info.trimOffsetTop ?? 0), info.width, info.height]
    console.log([channels, ...Object.values(block), ...Object.values(look), threshold, ...place].join(','))
  }
}

main()
