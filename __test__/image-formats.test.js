'use strict'

// What is read and written: formats, and what each option of theirs shows in the file.

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { imageMetadata, resizeImage } = require('..')
const { bmp, tiff } = require('./support/bitmaps.js')
const { gif } = require('./support/gif.js')
const { segments } = require('./support/jpeg.js')
const { paint, unpaint } = require('./support/png.js')
const { idle } = require('./support/pool.js')

after(idle)

const pixel = (x, y) => [x * 9 & 255, y * 11 & 255, x * y & 255]
const WIDTH = 24
const HEIGHT = 18
const PIXELS = Array.from({ length: HEIGHT }, (_, y) => Array.from({ length: WIDTH }, (_, x) => pixel(x, y)))
const PNG = paint(WIDTH, HEIGHT, pixel)
/** Something to compress: smooth, with some detail. */
const SCENE = paint(160, 120, (x, y) => [128 + 90 * Math.sin(x / 17), 128 + 90 * Math.cos(y / 13), 128 + 60 * Math.sin(x * y / 500)].map(Math.round))
const FLAG = gif(30, 20, {
  palette: [[255, 0, 0], [0, 255, 0], [0, 0, 255]],
  frames: [(x, y) => (x + y) % 3, () => 1, (x) => x % 2, (x, y) => (y > 9 ? 2 : 0)],
  delays: [100, 50, 200, 40],
  loop: 3
})

/** The pixels of any image, by way of a PNG. */
async function pixelsOf(input) {
  return unpaint((await resizeImage(input, { format: 'png' })).data).pixels.map((row) => row.map((samples) => samples.slice(0, 3)))
}

/** Mean difference of samples. */
function difference(one, other) {
  const [a, b] = [one.flat(2), other.flat(2)]
  assert.equal(a.length, b.length)
  return a.reduce((sum, sample, i) => sum + Math.abs(sample - b[i]), 0) / a.length
}

const startsWith = {
  jpeg: (data) => data.readUInt16BE(0) === 0xffd8,
  png: (data) => data.readUInt32BE(0) === 0x89504e47,
  webp: (data) => data.toString('latin1', 0, 4) === 'RIFF' && data.toString('latin1', 8, 12) === 'WEBP',
  avif: (data) => data.toString('latin1', 4, 12) === 'ftypavif',
  gif: (data) => data.toString('latin1', 0, 6) === 'GIF89a'
}

test('formats without loss are read to the pixel', async () => {
  for (const [format, file] of Object.entries({ png: PNG, bmp: bmp(WIDTH, HEIGHT, pixel), tiff: tiff(WIDTH, HEIGHT, pixel) })) {
    const { width, height, hasAlpha, channels, bitDepth, colorSpace, frames, ...found } = await imageMetadata(file)
    assert.deepEqual({ format: found.format, width, height, hasAlpha, channels, bitDepth, colorSpace, frames }, { format, width: WIDTH, height: HEIGHT, hasAlpha: false, channels: 3, bitDepth: 8, colorSpace: 'rgb', frames: 1 })
    assert.deepEqual(await pixelsOf(file), PIXELS, format)
  }
  assert.deepEqual((await pixelsOf(FLAG))[1].slice(0, 4), [[0, 255, 0], [0, 0, 255], [255, 0, 0], [0, 255, 0]])
})

test('the format is told by the content', async () => {
  // A Buffer has no name; what counts is that each is taken for what it is.
  for (const format of Object.keys(startsWith)) {
    const { data, ...made } = await resizeImage(PNG, { format, width: 12 })
    assert.ok(startsWith[format](data), format)
    assert.deepEqual(made, { format, width: 12, height: 9, frames: 1 })
    if (format !== 'avif') assert.equal((await imageMetadata(data)).format, format)
  }
})

test('without a format it is the input\'s, and PNG where that is not written', async () => {
  for (const format of ['jpeg', 'png', 'webp', 'gif']) {
    const { data } = await resizeImage(PNG, { format })
    assert.equal((await resizeImage(data, { width: 8 })).format, format)
  }
  for (const file of [bmp(WIDTH, HEIGHT, pixel), tiff(WIDTH, HEIGHT, pixel)]) {
    const made = await resizeImage(file, { width: 12 })
    assert.deepEqual([made.format, made.width, made.height], ['png', 12, 9])
  }
})

test('JPEG: progressive, subsampling, quality', async () => {
  const start = async (options) => segments((await resizeImage(SCENE, { format: 'jpeg', ...options })).data).map(({ marker }) => marker)
  assert.ok((await start({})).includes(0xc0))
  assert.ok((await start({ progressive: true })).includes(0xc2))
  for (const [options, expected] of [[{}, '4:2:0'], [{ chromaSubsampling: '4:2:0' }, '4:2:0'], [{ chromaSubsampling: '4:4:4' }, '4:4:4'], [{ chromaSubsampling: '4:4:4', progressive: true }, '4:4:4']]) {
    const { data } = await resizeImage(SCENE, { format: 'jpeg', ...options })
    const found = await imageMetadata(data)
    assert.deepEqual([found.chromaSubsampling, found.progressive], [expected, options.progressive === true])
  }
  const [low, usual, high] = await Promise.all([10, undefined, 95].map((quality) => resizeImage(SCENE, { format: 'jpeg', quality })))
  assert.ok(low.data.length < usual.data.length && usual.data.length < high.data.length)
  assert.ok((await resizeImage(SCENE, { format: 'jpeg', quality: 80 })).data.equals(usual.data))
})

test('what progressive JPEG says is what baseline says', async () => {
  const [one, other] = await Promise.all([false, true].map(async (progressive) => pixelsOf((await resizeImage(SCENE, { format: 'jpeg', progressive })).data)))
  assert.deepEqual(one, other)
})

test('PNG: every filter and level holds the same pixels', async () => {
  for (const filter of ['adaptive', 'none', 'sub', 'up', 'average', 'paeth']) {
    for (const compressionLevel of [0, 1, 6, 9]) {
      const { data } = await resizeImage(PNG, { filter, compressionLevel })
      assert.deepEqual(unpaint(data).pixels, PIXELS, `${filter} at ${compressionLevel}`)
    }
  }
  const [none, best] = await Promise.all([0, 9].map((compressionLevel) => resizeImage(SCENE, { compressionLevel })))
  assert.ok(best.data.length < none.data.length)
})

test('PNG with a palette', async () => {
  const few = paint(40, 30, (x, y) => [[255, 0, 0], [0, 0, 255], [10, 200, 30]][(x + y) % 3])
  const { data } = await resizeImage(few, { palette: true })
  assert.equal(unpaint(data).colorType, 3)
  assert.deepEqual(unpaint(data).pixels.map((row) => row.map((samples) => samples.slice(0, 3))), unpaint(few).pixels)
  for (const colors of [2, 16, 256]) {
    for (const dither of [0, 1]) {
      const file = unpaint((await resizeImage(SCENE, { palette: true, colors, dither })).data)
      assert.equal(file.colorType, 3)
      assert.ok(file.chunks.PLTE[0].length / 3 <= colors)
      assert.ok(difference(file.pixels.map((row) => row.map((samples) => samples.slice(0, 3))), unpaint(SCENE).pixels) < (colors === 2 ? 70 : 25))
    }
  }
  const [whole, some] = await Promise.all([{}, { palette: true, colors: 16, dither: 0 }].map((options) => resizeImage(SCENE, options)))
  assert.ok(some.data.length < whole.data.length)
})

test('WebP: without loss, nearly so, and with it', async () => {
  const clear = paint(32, 24, (x, y) => [x * 8, y * 10, 99, 255 - x * 4])
  for (const [file, take] of [[PNG, 3], [clear, 4]]) {
    const { data } = await resizeImage(file, { format: 'webp', lossless: true })
    const back = unpaint((await resizeImage(data, { format: 'png' })).data).pixels
    assert.deepEqual(back.map((row) => row.map((samples) => samples.slice(0, take))), unpaint(file).pixels)
  }
  const made = Object.fromEntries(await Promise.all(Object.entries({ lossy: {}, nearly: { nearLossless: true, quality: 60 }, lossless: { lossless: true } }).map(async ([name, options]) => [name, (await resizeImage(SCENE, { format: 'webp', ...options })).data])))
  const away = async (data) => difference(await pixelsOf(data), unpaint(SCENE).pixels)
  assert.equal(await away(made.lossless), 0)
  assert.ok(await away(made.nearly) < await away(made.lossy))
  assert.ok(made.lossy.length < made.lossless.length)
  assert.equal((await imageMetadata(made.lossy)).chromaSubsampling, '4:2:0')
})

test('WebP: alpha of full quality is exact', async () => {
  const veil = paint(64, 48, (x, y) => [200, 100, 50, (x * x * 37 + y * y * 91 + x * y * 53) % 256])
  const alphas = (file) => unpaint(file).pixels.map((row) => row.map((samples) => samples[3]))
  const { data } = await resizeImage(veil, { format: 'webp' })
  assert.deepEqual(alphas((await resizeImage(data, { format: 'png' })).data), alphas(veil))
  const poor = await resizeImage(veil, { format: 'webp', alphaQuality: 1 })
  assert.equal((await imageMetadata(poor.data)).hasAlpha, true)
  assert.ok(poor.data.length < data.length)
})

test('effort and the other options of AVIF', async () => {
  const sizes = await Promise.all([{ effort: 0 }, { effort: 2, chromaSubsampling: '4:2:0' }, { effort: 0, quality: 95 }].map(async (options) => {
    const { data, width, height, format } = await resizeImage(SCENE, { format: 'avif', width: 64, ...options })
    assert.deepEqual([width, height, format], [64, 48, 'avif'])
    assert.ok(startsWith.avif(data))
    return data.length
  }))
  assert.ok(sizes[0] < sizes[2])
  // It is written only.
  const { data } = await resizeImage(PNG, { format: 'avif', effort: 0 })
  await assert.rejects(imageMetadata(data), { code: 'ERR_IMAGE_FORMAT' })
  await assert.rejects(resizeImage(data, { width: 4 }), { code: 'ERR_IMAGE_FORMAT' })
})

test('an animation stays one in GIF and WebP, and is its first frame elsewhere', async () => {
  const found = await imageMetadata(FLAG)
  assert.deepEqual([found.format, found.width, found.height, found.frames, found.delays, found.loop], ['gif', 30, 20, 4, [100, 50, 200, 40], 3])
  for (const format of ['webp', 'gif', undefined]) {
    const { data, delays, ...made } = await resizeImage(FLAG, { format, width: 15 })
    assert.deepEqual(made, { format: format ?? 'gif', width: 15, height: 10, frames: 4 })
    assert.deepEqual(delays, [100, 50, 200, 40])
    const again = await imageMetadata(data)
    assert.deepEqual([again.width, again.height, again.frames, again.delays, again.loop], [15, 10, 4, [100, 50, 200, 40], 3])
  }
  for (const options of [{ format: 'png' }, { format: 'jpeg' }, { format: 'avif', effort: 0 }, { animated: false }, { animated: false, format: 'webp' }]) {
    const made = await resizeImage(FLAG, options)
    assert.equal(made.frames, 1)
    assert.equal('delays' in made, false)
  }
  const still = await imageMetadata((await resizeImage(FLAG, { animated: false, format: 'webp' })).data)
  assert.deepEqual([still.frames, 'delays' in still, 'loop' in still], [1, false, false])
})

test('each frame of an animation is cut, turned and padded', async () => {
  const { data, ...made } = await resizeImage(FLAG, { format: 'webp', lossless: true, rotate: 90, extract: { left: 0, top: 0, width: 10, height: 20 }, padding: 1, background: 'white' })
  assert.deepEqual(made, { format: 'webp', width: 12, height: 22, frames: 4, delays: [100, 50, 200, 40] })
  // The first frame, of which a column is a row of the flag's: red, green, blue, from below.
  const first = unpaint((await resizeImage(data, { format: 'png' })).data).pixels.map((row) => row.map((samples) => samples.slice(0, 3)))
  assert.deepEqual(first[0][0], [255, 255, 255])
  assert.deepEqual(first[1].slice(1, 4), [19, 18, 17].map((y) => [[255, 0, 0], [0, 255, 0], [0, 0, 255]][y % 3]))
})

test('an animation that plays for ever, and one that does not say', async () => {
  const frames = [() => 0, () => 1]
  const palette = [[0, 0, 0], [255, 255, 255]]
  for (const [loop, expected] of [[0, 0], [undefined, 1], [2, 2]]) {
    const input = gif(4, 4, { palette, frames, loop })
    assert.equal((await imageMetadata(input)).loop, expected)
    for (const format of ['gif', 'webp']) assert.equal((await imageMetadata((await resizeImage(input, { format })).data)).loop, expected, `${loop} as ${format}`)
  }
})

test('GIF: colours that fit stay exact, and no more than asked for are used', async () => {
  assert.deepEqual(await pixelsOf((await resizeImage(FLAG, {})).data), await pixelsOf(FLAG))
  const { data } = await resizeImage(SCENE, { format: 'gif', colors: 8, dither: 0 })
  const used = new Set((await pixelsOf(data)).flat().map(String))
  assert.ok(used.size > 1 && used.size <= 8, `${used.size}`)
})

test('gray stays gray in JPEG and PNG', async () => {
  const gray = paint(20, 10, (x) => [x * 12])
  for (const format of ['jpeg', 'png']) {
    const { data } = await resizeImage(gray, { format, width: 10 })
    assert.deepEqual([(await imageMetadata(data)).colorSpace, (await imageMetadata(data)).channels], ['gray', 1])
  }
})

test('what lies under transparent pixels', async () => {
  const hole = paint(16, 16, (x) => [0, 0, 255, x < 8 ? 255 : 0])
  for (const [background, expected] of [[undefined, [0, 0, 0]], ['white', [255, 255, 255]], [{ r: 255, g: 0, b: 0, alpha: 0 }, [255, 0, 0]]]) {
    const { data } = await resizeImage(hole, { format: 'jpeg', background, quality: 100, chromaSubsampling: '4:4:4' })
    const [row] = await pixelsOf(data)
    assert.ok(difference([[row[15]]], [[expected]]) < 6, `${row[15]}`)
    assert.ok(difference([[row[0]]], [[[0, 0, 255]]]) < 6)
  }
})
