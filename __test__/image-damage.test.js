'use strict'

// failOn: what becomes of images that are damaged or end early.

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { imageMetadata, resizeImage } = require('..')
const { gif } = require('./support/gif.js')
const { segments } = require('./support/jpeg.js')
const { paint, png, unpaint } = require('./support/png.js')
const { idle } = require('./support/pool.js')

after(idle)

const SCENE = paint(160, 120, (x, y) => [128 + 90 * Math.sin(x / 17), 128 + 90 * Math.cos(y / 13), 128 + 60 * Math.sin(x * y / 50)].map(Math.round))

/** What each setting makes of the bytes: the pixels, or the code. */
async function outcomes(bytes) {
  const made = {}
  for (const failOn of ['error', 'truncated', 'none']) {
    made[failOn] = await resizeImage(bytes, { format: 'png', failOn }).then(({ data }) => unpaint(data), ({ code }) => code)
  }
  assert.deepEqual(await resizeImage(bytes, { format: 'png' }).then(({ data }) => unpaint(data), ({ code }) => code), made.error, "'error' is the default")
  return made
}

async function jpeg(options) {
  const { data } = await resizeImage(SCENE, { format: 'jpeg', ...options })
  return { data, pixels: unpaint((await resizeImage(data, { format: 'png' })).data).pixels, start: segments(data).at(-1).end }
}

test('a JPEG that ends early', async () => {
  for (const options of [{}, { chromaSubsampling: '4:4:4' }]) {
    const { data, pixels, start } = await jpeg(options)
    const { error, truncated, none } = await outcomes(data.subarray(0, start + (data.length - start >> 1)))
    assert.deepEqual([error, truncated], ['ERR_IMAGE_CORRUPT', 'ERR_IMAGE_CORRUPT'])
    assert.deepEqual([none.width, none.height], [160, 120])
    // What was there is there, and what was not is gray.
    assert.deepEqual(none.pixels.slice(0, 16), pixels.slice(0, 16))
    assert.ok(none.pixels[119].every(([r, g, b]) => [r, g, b].every((sample) => Math.abs(sample - 128) <= 1)), `${none.pixels[119][80]}`)
  }
})

test('a progressive JPEG that ends early', async () => {
  const { data, start } = await jpeg({ progressive: true })
  for (const part of [0.3, 0.6, 0.9]) {
    const { error, truncated, none } = await outcomes(data.subarray(0, start + Math.floor((data.length - start) * part)))
    assert.deepEqual([error, truncated, none.width], ['ERR_IMAGE_CORRUPT', 'ERR_IMAGE_CORRUPT', 160])
  }
})

test('a PNG that ends early', async () => {
  const whole = png(200, 150, { noise: true })
  const { error, truncated, none } = await outcomes(whole.subarray(0, whole.length >> 1))
  assert.deepEqual([error, truncated], ['ERR_IMAGE_CORRUPT', 'ERR_IMAGE_CORRUPT'])
  assert.deepEqual([none.width, none.height], [200, 150])
  const before = unpaint(whole).pixels
  assert.deepEqual(none.pixels.slice(0, 40).map((row) => row.map(([gray]) => gray)), before.slice(0, 40).map((row) => row.map(([gray]) => gray)))
  // Black, or transparent where it has alpha.
  assert.ok(none.pixels[149].every(([gray]) => gray === 0))
})

test('a PNG whose pixels were changed on the way', async () => {
  const whole = png(200, 150, { noise: true })
  const changed = Buffer.from(whole)
  // Of a stored block: the checksums alone tell.
  changed[whole.length >> 1] ^= 0x40
  const { error, truncated, none } = await outcomes(changed)
  assert.equal(error, 'ERR_IMAGE_CORRUPT')
  for (const { width, height, pixels } of [truncated, none]) {
    assert.deepEqual([width, height], [200, 150])
    assert.deepEqual(pixels[10], unpaint(whole).pixels[10])
  }
})

test('a WebP and a GIF that end early', async () => {
  const still = (await resizeImage(SCENE, { format: 'webp' })).data
  const animated = gif(60, 40, { palette: [[255, 0, 0], [0, 255, 0]], frames: [(x) => x % 2, (x, y) => y % 2, () => 1] })
  for (const bytes of [still, animated]) {
    for (const part of [0.5, 0.8]) {
      const { error, truncated, none } = await outcomes(bytes.subarray(0, Math.floor(bytes.length * part)))
      assert.deepEqual([error, truncated], ['ERR_IMAGE_CORRUPT', 'ERR_IMAGE_CORRUPT'])
      assert.ok(none === 'ERR_IMAGE_CORRUPT' || none.width === (bytes === still ? 160 : 60), `${none}`)
    }
  }
})

test('a header that cannot be read fails whatever is asked for', async () => {
  const { data } = await jpeg({})
  for (const bytes of [png(8, 6).subarray(0, 20), data.subarray(0, 10), Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1')]) {
    for (const failOn of ['error', 'truncated', 'none']) await assert.rejects(resizeImage(bytes, { failOn }), { code: 'ERR_IMAGE_CORRUPT' })
  }
})

test('cut anywhere, and with a bit changed anywhere: an image or an error', async () => {
  const files = await Promise.all(['jpeg', 'png', 'webp', 'gif'].map(async (format) => (await resizeImage(SCENE, { format, width: 40, progressive: true })).data))
  for (const file of files) {
    for (let at = 0; at < file.length; at += 97) {
      const changed = Buffer.from(file)
      changed[at] ^= 1 << at % 8
      for (const bytes of [file.subarray(0, at), changed]) {
        for (const failOn of ['error', 'truncated', 'none']) {
          const { width, code } = await resizeImage(bytes, { width: 10, format: 'png', failOn, limits: { inputPixels: 1_000_000 } }).catch((error) => error)
          assert.ok(width === 10 || ['ERR_IMAGE_CORRUPT', 'ERR_IMAGE_FORMAT', 'ERR_IMAGE_LIMIT'].includes(code), `${code} at ${at}`)
        }
        await imageMetadata(bytes).catch(({ code }) => assert.ok(['ERR_IMAGE_CORRUPT', 'ERR_IMAGE_FORMAT', 'ERR_IMAGE_LIMIT'].includes(code), code))
      }
    }
  }
})
