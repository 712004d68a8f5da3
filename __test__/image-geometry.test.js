'use strict'

// Where pixels go: turns, trimming, regions, padding, and the order in which they are done. Without resizing, or with the
// nearest neighbour, each pixel of the output is one of the input.

const assert = require('node:assert/strict')
const { after, test } = require('node:test')
const { imageMetadata, resizeImage } = require('..')
const { exif } = require('./support/jpeg.js')
const { paint, unpaint } = require('./support/png.js')
const { idle } = require('./support/pool.js')

after(idle)

const COLORS = { A: [255, 0, 0], B: [0, 255, 0], C: [0, 0, 255], D: [255, 255, 0], E: [0, 255, 255], F: [255, 0, 255], '.': [0, 0, 0], w: [255, 255, 255], g: [250, 250, 250] }

/** A picture in letters, a colour each. */
function picture(text, options) {
  const rows = text.trim().split(/\s+/)
  return paint(rows[0].length, rows.length, (x, y) => COLORS[rows[y][x]], options)
}

/** The letters of a picture. */
function letters(file) {
  return unpaint(file).pixels.map((row) => row.map((pixel) => Object.keys(COLORS).find((letter) => COLORS[letter].every((sample, i) => sample === pixel[i])) ?? '?').join('')).join(' ')
}

async function becomes(input, options, expected) {
  const { data, width, height, format } = await resizeImage(input, options)
  assert.equal(format, 'png')
  assert.equal(letters(data), expected, JSON.stringify(options))
  const rows = expected.split(' ')
  assert.deepEqual([width, height], [rows[0].length, rows.length])
}

const SIX = picture('ABC DEF')

test('turns and mirrors', async () => {
  for (const [options, expected] of [
    [{}, 'ABC DEF'],
    [{ rotate: 0 }, 'ABC DEF'],
    [{ rotate: 90 }, 'DA EB FC'],
    [{ rotate: 180 }, 'FED CBA'],
    [{ rotate: 270 }, 'CF BE AD'],
    [{ flip: true }, 'DEF ABC'],
    [{ flop: true }, 'CBA FED'],
    [{ flip: true, flop: true }, 'FED CBA'],
    // Turned first, then mirrored.
    [{ rotate: 90, flip: true }, 'FC EB DA'],
    [{ rotate: 90, flop: true }, 'AD BE CF']
  ]) await becomes(SIX, options, expected)
})

test('what EXIF says comes first', async () => {
  // Stored so, the image is shown turned by 90 degrees clockwise.
  const turned = picture('ABC DEF', { chunks: [['eXIf', exif(6)]] })
  await becomes(turned, {}, 'DA EB FC')
  await becomes(turned, { autoOrient: false }, 'ABC DEF')
  await becomes(turned, { rotate: 270 }, 'ABC DEF')
  await becomes(turned, { flip: true }, 'FC EB DA')
  await becomes(turned, { autoOrient: false, rotate: 180 }, 'FED CBA')
  await becomes(turned, { extract: { left: 0, top: 1, width: 2, height: 2 } }, 'EB FC')
})

test('all eight orientations', async () => {
  const shown = { 1: 'ABC DEF', 2: 'CBA FED', 3: 'FED CBA', 4: 'DEF ABC', 5: 'AD BE CF', 6: 'DA EB FC', 7: 'FC EB DA', 8: 'CF BE AD' }
  for (const [orientation, expected] of Object.entries(shown)) {
    await becomes(picture('ABC DEF', { chunks: [['eXIf', exif(Number(orientation))]] }), {}, expected)
  }
})

test('a region', async () => {
  await becomes(SIX, { extract: { left: 0, top: 0, width: 3, height: 2 } }, 'ABC DEF')
  await becomes(SIX, { extract: { left: 1, top: 0, width: 1, height: 2 } }, 'B E')
  await becomes(SIX, { extract: { left: 2, top: 1, width: 1, height: 1 } }, 'F')
  // Of the image as it is shown, and before it is resized.
  await becomes(SIX, { rotate: 90, extract: { left: 0, top: 0, width: 2, height: 1 } }, 'DA')
  await becomes(SIX, { extract: { left: 1, top: 0, width: 2, height: 1 }, width: 4, kernel: 'nearest' }, 'BBCC BBCC')
  for (const extract of [{ left: 3, top: 0, width: 1, height: 1 }, { left: 0, top: 1, width: 1, height: 2 }, { left: 1, top: 0, width: 3, height: 1 }, { left: 2 ** 31 - 1, top: 0, width: 2 ** 31 - 1, height: 1 }]) {
    await assert.rejects(resizeImage(SIX, { extract }), { code: 'ERR_INVALID_ARG', message: /extract/ })
  }
})

test('borders', async () => {
  const framed = picture('wwwwwww wwwwwww wwBCEww wwCEBww wwEBCww wwwwwww wwwwwww')
  const inside = 'BCE CEB EBC'
  await becomes(framed, { trim: true }, inside)
  await becomes(framed, { trim: false }, letters(framed))
  await becomes(framed, { trim: { background: 'white' } }, inside)
  await becomes(framed, { trim: { background: '#f00' } }, letters(framed))
  // Nearly white is border by default, and none where it must be the very colour.
  const nearly = picture('wwwwwwwwww wwwwwwwwww wwgggBCEww wwgggCEBww wwgggEBCww wwwwwwwwww wwwwwwwwww')
  await becomes(nearly, { trim: true }, inside)
  await becomes(nearly, { trim: { threshold: 0 } }, 'gggBCE gggCEB gggEBC')
  // A picture of one colour is no border.
  await becomes(picture('www www www'), { trim: true }, 'www www www')
  // Before the region and the size.
  await becomes(framed, { trim: true, extract: { left: 1, top: 0, width: 1, height: 2 } }, 'C E')
  await becomes(framed, { trim: true, width: 6, kernel: 'nearest' }, 'BBCCEE BBCCEE CCEEBB CCEEBB EEBBCC EEBBCC')
})

test('padding', async () => {
  await becomes(SIX, { padding: 1, background: 'white' }, 'wwwww wABCw wDEFw wwwww')
  await becomes(SIX, { padding: { top: 1, left: 2 } }, '..... ..ABC ..DEF')
  await becomes(SIX, { padding: { right: 1, bottom: 1 } }, 'ABC. DEF. ....')
  await becomes(SIX, { padding: 0 }, 'ABC DEF')
  // On top of the size.
  await becomes(SIX, { width: 6, kernel: 'nearest', padding: { top: 1 } }, '...... AABBCC AABBCC DDEEFF DDEEFF')
  const { data } = await resizeImage(SIX, { padding: 1, background: 'transparent' })
  const { pixels } = unpaint(data)
  assert.equal(pixels[0][0][3], 0)
  assert.deepEqual(pixels[1][1], [255, 0, 0, 255])
  await assert.rejects(resizeImage(SIX, { padding: 2 ** 31 - 1 }), { code: 'ERR_IMAGE_LIMIT' })
})

test('fits, to the pixel', async () => {
  const at = { kernel: 'nearest' }
  await becomes(SIX, { ...at, width: 2, height: 2, position: 'left' }, 'AB DE')
  await becomes(SIX, { ...at, width: 2, height: 2, position: 'right' }, 'BC EF')
  await becomes(SIX, { ...at, width: 2, height: 2, position: { x: 1, y: 0.5 } }, 'BC EF')
  await becomes(SIX, { ...at, width: 3, height: 4, fit: 'contain', position: 'top' }, 'ABC DEF ... ...')
  await becomes(SIX, { ...at, width: 3, height: 4, fit: 'contain', background: 'white' }, 'www ABC DEF www')
  await becomes(SIX, { ...at, width: 3, height: 4, fit: 'fill' }, 'ABC ABC DEF DEF')
  await becomes(SIX, { ...at, width: 3, height: 9, fit: 'inside' }, 'ABC DEF')
  await becomes(SIX, { ...at, width: 6, height: 2, fit: 'outside' }, 'AABBCC AABBCC DDEEFF DDEEFF')
  await becomes(SIX, { ...at, width: 30, height: 20, withoutEnlargement: true }, 'ABC DEF')
})

test('the part that draws the eye', async () => {
  // A gray wall with something red and busy on its right.
  const wall = paint(200, 100, (x, y) => (x >= 150 && x < 180 && y > 30 && y < 70 ? ((x + y) % 4 < 2 ? [220, 30, 30] : [250, 210, 180]) : [128, 128, 128]))
  const reds = async (position) => unpaint((await resizeImage(wall, { width: 50, height: 50, position })).data).pixels.flat().filter(([r, , b]) => r > b + 40).length
  const [whole] = [await reds('right')]
  assert.ok(whole > 100)
  assert.equal(await reds('left'), 0)
  assert.ok(await reds('attention') >= 0.9 * whole)
  // A fit that cuts nothing has nothing to choose.
  const [one, other] = await Promise.all(['attention', 'center'].map((position) => resizeImage(wall, { width: 50, height: 50, fit: 'contain', position })))
  assert.deepEqual(one.data, other.data)
})

test('linear light keeps the brightness of a fine pattern', async () => {
  const checks = paint(64, 64, (x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0]))
  const middle = async (linear) => unpaint((await resizeImage(checks, { width: 16, linear })).data).pixels[8][8][0]
  // Half of the light is 188 in sRGB (IEC 61966-2-1); half of the number is 128.
  assert.ok(Math.abs(await middle(false) - 128) <= 3)
  assert.ok(Math.abs(await middle(true) - 188) <= 3)
})

test('sixteen bits stay, where a PNG is written', async () => {
  const deep = paint(4, 2, (x, y) => [x * 4369 + 7, y * 30_001, 65_535 - x], { depth: 16 })
  const { data } = await resizeImage(deep, { flop: true })
  const { depth, pixels } = unpaint(data)
  assert.equal(depth, 16)
  assert.deepEqual(pixels, unpaint(deep).pixels.map((row) => row.toReversed()))
  const half = await resizeImage(deep, { format: 'jpeg' })
  assert.equal((await imageMetadata(half.data)).bitDepth, 8)
})
