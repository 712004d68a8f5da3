'use strict'

// Limits: how large an input may be, refused on its header.

const assert = require('node:assert/strict')
const { writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')
const { deflateSync } = require('node:zlib')
const { OffloopError, imageMetadata, resizeImage, resizeImageSet } = require('..')
const { bmp, tiff } = require('./support/bitmaps.js')
const { folder } = require('./support/folder.js')
const { gif } = require('./support/gif.js')
const { withScans } = require('./support/jpeg.js')
const { paint, png, unpaint } = require('./support/png.js')
const { idle } = require('./support/pool.js')

after(idle)

const black = () => [0, 0, 0]
const resizeSet = (input, options) => resizeImageSet(input, [{}], options)
const CALLS = [resizeImage, resizeSet, imageMetadata]

/** The limit that refuses it, by every function, of bytes and of a file. */
async function refused(t, input, limits, named, calls = CALLS) {
  const file = path.join(folder(t), 'image')
  writeFileSync(file, input)
  for (const from of [input, file]) {
    for (const call of calls) {
      await assert.rejects(call(from, { limits }), (error) => {
        assert.ok(error instanceof OffloopError, String(error))
        assert.equal(error.code, 'ERR_IMAGE_LIMIT', error.message)
        assert.match(error.message, named)
        return true
      })
    }
  }
}

async function allowed(input, limits) {
  for (const call of CALLS) await call(input, { limits })
}

test('a side', async (t) => {
  for (const image of [png(9, 3), png(3, 9)]) {
    await allowed(image, { inputSide: 9 })
    await refused(t, image, { inputSide: 8 }, /inputSide/)
  }
  await refused(t, png(8, 6, { claims: [65_536, 100] }), { aspectRatio: 1e6 }, /inputSide/)
})

test('an aspect ratio', async (t) => {
  for (const image of [png(9, 3), png(3, 9)]) {
    await allowed(image, { aspectRatio: 3 })
    await refused(t, image, { aspectRatio: 2.99 }, /aspectRatio/)
  }
  await allowed(png(5, 5), { aspectRatio: 1 })
  await allowed(png(1000, 1), {})
  await refused(t, png(1001, 1), {}, /aspectRatio/)
  await allowed(png(1001, 1), { aspectRatio: 1001 })
})

test('frames, and the pixels of all of them', async (t) => {
  const image = gif(10, 10, { palette: [[0, 0, 0]], frames: [() => 0, () => 0, () => 0] })
  await allowed(image, { frames: 3, inputPixels: 300 })
  const limits = [[{ frames: 2 }, /frames/], [{ inputPixels: 299 }, /inputPixels/]]
  for (const [limit, named] of limits) {
    await refused(t, image, limit, named, [resizeImage, resizeSet])
    // Where only the first one is decoded, or none at all, they do not count.
    for (const options of [{ format: 'jpeg' }, { animated: false }]) {
      assert.equal((await resizeImage(image, { ...options, limits: limit })).frames, 1)
    }
    assert.equal((await imageMetadata(image, { limits: limit })).frames, 3)
  }
  await refused(t, image, { inputPixels: 99 }, /inputPixels/)
})

test('metadata, as it is stored', async (t) => {
  const exif = Buffer.concat([Buffer.from('MM\0*\0\0\0\x08\0\0', 'latin1'), Buffer.alloc(190)])
  const stored = paint(4, 4, black, { chunks: [['eXIf', exif]] })
  await allowed(stored, { metadataBytes: 200 })
  await refused(t, stored, { metadataBytes: 199 }, /metadataBytes/)
  const xmp = Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1'), Buffer.alloc(500, ' ')])
  await refused(t, paint(4, 4, black, { chunks: [['iTXt', xmp]] }), { metadataBytes: 499 }, /metadataBytes/)
})

test('a profile that is small until it is unpacked is as good as none', async () => {
  const packed = Buffer.concat([Buffer.from('bomb\0\0', 'latin1'), deflateSync(Buffer.alloc(64 << 20))])
  const bomb = paint(4, 4, (x, y) => [x * 9, y * 9, 200], { chunks: [['iCCP', packed]] })
  assert.equal('icc' in await imageMetadata(bomb), false)
  for (const keepMetadata of [false, true]) {
    const { data } = await resizeImage(bomb, { keepMetadata })
    assert.deepEqual(unpaint(data).pixels, unpaint(bomb).pixels)
    assert.equal('icc' in await imageMetadata(data), false)
  }
})

test('the scans of a progressive JPEG', async (t) => {
  const { data } = await resizeImage(png(64, 48), { format: 'jpeg', progressive: true })
  await allowed(data, {})
  const many = withScans(data, 120)
  await refused(t, many, {}, /scans/)
  assert.equal((await imageMetadata(many, { limits: { scans: 200 } })).width, 64)
  await refused(t, data, { scans: 1 }, /scans/)
})

test('bombs of every format are refused on what they claim', async (t) => {
  const claims = [60_000, 60_000]
  await refused(t, png(8, 6, { claims }), {}, /inputPixels/)
  await refused(t, gif(4, 4, { palette: [[0, 0, 0]], frames: [() => 0], claims }), {}, /inputPixels/)
  await refused(t, bmp(4, 4, black, claims), {}, /inputPixels/)
  await refused(t, tiff(4, 4, black, claims), {}, /inputPixels/)
  const { data } = await resizeImage(png(16, 16), { format: 'jpeg' })
  const frame = data.indexOf(Buffer.from([0xff, 0xc0]))
  const lying = Buffer.from(data)
  lying.writeUInt16BE(60_000, frame + 5)
  lying.writeUInt16BE(60_000, frame + 7)
  await refused(t, lying, {}, /inputPixels/)
})
