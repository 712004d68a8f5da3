'use strict'

// Has sharp say which sizes it makes of JPEGs, which libjpeg shrinks for it before it scales them, and writes them down
// as the table that tests/image/shape.rs compares with: `node benchmark/judge/sizes-jpeg.js > tests/image/sharp-sizes-jpeg.csv`.

const sharp = require('sharp')

const CASES = 1_200
const FITS = ['cover', 'contain', 'fill', 'inside', 'outside']

let state = 1
function below(limit) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}

async function main() {
  console.log('# sharp', sharp.versions.sharp, '- libvips', sharp.versions.vips)
  console.log('width,height,orientation,fit,asked width,asked height,without enlargement,turned,output width,output height')
  for (let index = 0; index < CASES; index += 1) {
    const [width, height] = [8 + below(1_500), 8 + below(1_500)]
    const orientation = 1 + below(8)
    const fit = FITS[below(FITS.length)]
    const both = below(3)
    // Around the sizes at which libjpeg begins to shrink more.
    const target = (side) => Math.max(1, Math.round(side / [1.5, 2, 2.1, 2.9, 3, 4, 4.2, 5.5, 8, 8.3, 9, 16, 30][below(13)]) + below(3) - 1)
    const asked = [both === 1 ? null : target(width), both === 2 ? null : target(height)]
    const withoutEnlargement = below(3) === 0
    const turned = below(8) === 0
    const sides = orientation >= 5 ? [height, width] : [width, height]
    const input = await sharp({ create: { width: sides[0], height: sides[1], channels: 3, background: '#789' } })
      .withMetadata({ orientation })
      .jpeg({ quality: 1 })
      .toBuffer()
    let work = sharp(input).autoOrient()
    if (turned) work = work.rotate(90)
    const { info } = await work.resize({ width: asked[0], height: asked[1], fit, withoutEnlargement }).toBuffer({ resolveWithObject: true })
    console.log([width, height, orientation, fit, ...asked, Number(withoutEnlargement), Number(turned), info.width, info.height].join(','))
  }
}

main()
