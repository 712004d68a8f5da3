'use strict'

// Metadata: what imageMetadata tells, what is stripped, and what keepMetadata keeps.

const assert = require('node:assert/strict')
const { writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')
const { deflateSync } = require('node:zlib')
const { imageMetadata, poolStats, resizeImage, resizeImageSet } = require('..')
const { folder } = require('./support/folder.js')
const { iccp, profile } = require('./support/icc.js')
const { exif } = require('./support/jpeg.js')
const { paint, unpaint } = require('./support/png.js')
const { idle } = require('./support/pool.js')

after(idle)

const ICC = profile()
const XMP = Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>')
const COLOR = [200, 100, 50]
const ORIENTED = 6
const density = Buffer.from([0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1])
const CHUNKS = [iccp(ICC), ['pHYs', density], ['eXIf', exif(ORIENTED)], ['iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1'), XMP])]]
const PHOTO = paint(24, 16, () => COLOR, { chunks: CHUNKS })

const kept = async (file) => {
  const found = await imageMetadata(file)
  return { icc: 'icc' in found, exif: 'exif' in found, xmp: 'xmp' in found, orientation: found.orientation }
}

test('what a header says, of bytes and of a file', async (t) => {
  const file = path.join(folder(t), 'photo')
  writeFileSync(file, PHOTO)
  for (const input of [PHOTO, file, new Uint8Array(PHOTO).buffer]) {
    const { icc, exif: block, xmp, density: dots, ...rest } = await imageMetadata(input)
    assert.deepEqual(rest, { format: 'png', width: 24, height: 16, orientation: ORIENTED, frames: 1, channels: 3, bitDepth: 8, hasAlpha: false, colorSpace: 'rgb', progressive: false })
    assert.deepEqual([icc, block, xmp], [ICC, exif(ORIENTED), XMP])
    // 11,811 pixels a metre.
    assert.ok(Math.abs(dots - 300) < 0.01, `${dots}`)
  }
  const bare = await imageMetadata(paint(3, 3, () => COLOR))
  for (const absent of ['icc', 'exif', 'xmp', 'density', 'loop', 'delays', 'chromaSubsampling']) assert.equal(absent in bare, false, absent)
})

test('what might unpack to much is unpacked off the event loop', async () => {
  const jobs = () => poolStats().bulk.completed
  const large = Buffer.alloc(4 << 20, ' ')
  const packed = ['iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0', 'latin1'), deflateSync(large)])]
  const before = jobs()
  await imageMetadata(PHOTO)
  await imageMetadata((await resizeImage(PHOTO, { format: 'jpeg', keepMetadata: true })).data)
  assert.equal(jobs(), before + 1, 'the resize')
  const { xmp, width } = await imageMetadata(paint(5, 3, () => COLOR, { chunks: [packed] }))
  assert.equal(width, 5)
  assert.ok(xmp.equals(large))
  assert.equal(jobs(), before + 2)
  // Given up like any job.
  const controller = new AbortController()
  const promise = imageMetadata(paint(5, 3, () => COLOR, { chunks: [packed] }), { signal: controller.signal })
  controller.abort()
  await assert.rejects(promise, { name: 'AbortError' })
})

test('nothing is kept by default', async () => {
  for (const format of ['jpeg', 'png', 'webp', 'gif']) {
    for (const options of [{}, { keepMetadata: false }, { keepMetadata: {} }, { keepMetadata: { exif: false } }]) {
      const { data } = await resizeImage(PHOTO, { ...options, format })
      assert.deepEqual(await kept(data), { icc: false, exif: false, xmp: false, orientation: 1 }, format)
    }
  }
})

test('what is asked for is kept, and no more', async () => {
  for (const format of ['jpeg', 'png', 'webp']) {
    for (const [keepMetadata, expected] of [
      [true, { icc: true, exif: true, xmp: true }], [{ icc: true }, { icc: true, exif: false, xmp: false }],
      [{ exif: true }, { icc: false, exif: true, xmp: false }], [{ xmp: true, icc: false }, { icc: false, exif: false, xmp: true }]
    ]) {
      const { data } = await resizeImage(PHOTO, { keepMetadata, format, width: 12 })
      const { orientation, ...found } = await kept(data)
      assert.deepEqual(found, expected, format)
      assert.equal(orientation, 1)
      const { icc, xmp } = await imageMetadata(data)
      if (found.icc) assert.deepEqual(icc, ICC)
      if (found.xmp) assert.deepEqual(xmp, XMP)
    }
  }
})

test('the orientation is reset where the pixels were turned, and stays where they were not', async () => {
  for (const format of ['jpeg', 'png', 'webp']) {
    const turned = await resizeImage(PHOTO, { format, keepMetadata: { exif: true } })
    assert.deepEqual([turned.width, turned.height, (await imageMetadata(turned.data)).orientation], [16, 24, 1])
    const left = await resizeImage(PHOTO, { format, keepMetadata: { exif: true }, autoOrient: false })
    assert.deepEqual([left.width, left.height, (await imageMetadata(left.data)).orientation], [24, 16, ORIENTED])
    // Shown again, it comes out as it should.
    const again = await resizeImage(left.data, { format })
    assert.deepEqual([again.width, again.height], [16, 24])
  }
})

test('pixels are in sRGB, or in the colours of the profile that is kept', async () => {
  const color = async (options) => unpaint((await resizeImage(PHOTO, options)).data).pixels[0][0]
  assert.deepEqual(await color({ keepMetadata: { icc: true } }), COLOR)
  const [r, g, b] = await color({})
  // Display P3 is wider: in sRGB's numbers the same colour is more saturated.
  assert.ok(r > COLOR[0] + 3 && b < COLOR[2] - 3, `${[r, g, b]}`)
  // Of a set, each as it was asked for.
  const [one, other] = await resizeImageSet(PHOTO, [{ keepMetadata: true }, {}])
  assert.deepEqual(unpaint(one.data).pixels[0][0], COLOR)
  assert.deepEqual(unpaint(other.data).pixels[0][0], [r, g, b])
})
