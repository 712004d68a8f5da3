'use strict'

// resizeImage and imageMetadata, given what they do not take: see bad-input.test.js.

const assert = require('node:assert/strict')
const { writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')
const { OffloopError, imageMetadata, poolStats, resizeImage } = require('..')
const bad = require('./support/bad-values.js')
const { folder, holdsOnly } = require('./support/folder.js')
const { png } = require('./support/png.js')
const { idle } = require('./support/pool.js')
const { each, refuses } = require('./support/refusals.js')

const { boom, detachedBuffer } = bad
const IMAGE = png(8, 6)
const before = poolStats()

after(async () => {
  await idle()
  const { interactive, bulk } = poolStats()
  assert.deepEqual([interactive.refused, bulk.refused], [before.interactive.refused, before.bulk.refused])
})

const INPUTS = {
  ...bad.NO_BYTES,
  undefined: () => undefined,
  true: () => true,
  'an empty path': () => '',
  'a path with a NUL': () => 'a\0b.png',
  'a URL': () => new URL('file:///x.png'),
  'a detached ArrayBuffer': () => detachedBuffer(),
  'a SharedArrayBuffer': () => new SharedArrayBuffer(16),
  'a Blob': () => new Blob([IMAGE])
}
const CALLS = {
  resizeImage: [(input, options) => resizeImage(input, options), { width: 4 }],
  imageMetadata: [(input, options) => imageMetadata(input, options), undefined]
}

for (const [name, [call, options]] of Object.entries(CALLS)) {
  const ask = (wrong) => call(IMAGE, wrong)
  refuses(`${name}: input`, each('input', INPUTS, (input) => call(input, options), /input/))
  refuses(`${name}: options`, [
    ...each('options', bad.NO_OBJECTS, ask, /options/),
    ['an unknown option', () => ask({ nonsense: 1 }), /options\.nonsense/],
    ['an option of Object.prototype', () => ask({ toString: 1 }), /options\.toString/],
    ['an own __proto__', () => ask(JSON.parse('{"__proto__":1}')), /options\.__proto__/],
    ...['limits', 'signal', 'timeoutMs', 'priority'].map((option) => [`a getter of ${option} that throws`, () => ask({ get [option]() { throw boom } }), new RegExp(`options\\.${option}`)])
  ])
  refuses(`${name}: job options`, [
    // What a header says is told without a job, so nothing is ever listened for.
    ...each('signal', bad.NO_SIGNALS, (signal) => ask({ signal }), /options\.signal/).filter(([what]) => name === 'resizeImage' || !what.includes('cannot be listened to')),
    ...each('timeoutMs', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS }, (timeoutMs) => ask({ timeoutMs }), /options\.timeoutMs/),
    ...each('priority', bad.NO_NAMES, (priority) => ask({ priority }), /options\.priority/)
  ])
  refuses(`${name}: limits`, [
    ...each('limits', bad.NO_OBJECTS, (limits) => ask({ limits }), /options\.limits/),
    ...['inputBytes', 'inputPixels', 'frames'].flatMap((limit) => each(`limits.${limit}`, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 0: () => 0, '-0': () => -0, '2 ** 32': () => 2 ** 32 }, (value) => ask({ limits: { [limit]: value } }), new RegExp(`options\\.limits\\.${limit}`))),
    ['an unknown limit', () => ask({ limits: { pixels: 1 } }), /options\.limits\.pixels/],
    ['a getter that throws', () => ask({ limits: { get frames() { throw boom } } }), /options\.limits\.frames/]
  ])
}

const resize = (options) => resizeImage(IMAGE, options)
const names = (option) => each(option, bad.NO_NAMES, (value) => resize({ [option]: value }), new RegExp(`options\\.${option}`))
const integers = (option, more) => each(option, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, ...Object.fromEntries(more.map((value) => [value, () => value])) }, (value) => resize({ [option]: value }), new RegExp(`options\\.${option}`))
const booleans = (option) => each(option, bad.NO_BOOLEANS, (value) => resize({ [option]: value }), new RegExp(`options\\.${option}`))
const { 'an empty string': _1, 'another name': _2, ...noObjectNorName } = { ...bad.NO_OBJECTS, ...bad.NO_NAMES }
const fractions = { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, undefined: () => undefined, 'over 1': () => 1.01 }

refuses('resizeImage: its own options', [
  ['no options', () => resizeImage(IMAGE), /options/],
  ...integers('width', [0, -0, 2 ** 31]),
  ...integers('height', [0, -0, 2 ** 31]),
  ...integers('quality', [0, -0, 101]),
  ...integers('effort', [7]),
  ...integers('compressionLevel', [10]),
  ...['fit', 'kernel', 'format', 'chromaSubsampling'].flatMap(names),
  ...['gif', 'avif', 'tiff', 'JPEG'].map((format) => [`format: ${format}`, () => resize({ format }), /options\.format/]),
  ...['withoutEnlargement', 'autoOrient', 'lossless', 'progressive', 'transfer'].flatMap(booleans),
  ...each('position', { ...noObjectNorName, attention: () => 'attention', empty: () => '', 'top left': () => 'top left' }, (position) => resize({ position }), /options\.position/),
  ...each('position.x', fractions, (x) => resize({ position: { x, y: 0.5 } }), /options\.position\.x/),
  ...each('position.y', fractions, (y) => resize({ position: { x: 0.5, y } }), /options\.position\.y/),
  ['a position of three', () => resize({ position: { x: 0, y: 0, z: 0 } }), /options\.position\.z/],
  ...each('background', { ...noObjectNorName, empty: () => '', '#12': () => '#12', '#12345': () => '#12345', '#ggg': () => '#ggg', 'a long one': () => '#'.repeat(1e6), constructor: () => 'constructor', 'no digits': () => '#' }, (background) => resize({ background }), /options\.background/),
  ...['r', 'g', 'b'].flatMap((channel) => each(`background.${channel}`, { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, undefined: () => undefined, 256: () => 256 }, (value) => resize({ background: { r: 0, g: 0, b: 0, [channel]: value } }), new RegExp(`options\\.background\\.${channel}`))),
  ...each('background.alpha', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, 'over 1': () => 1.01 }, (alpha) => resize({ background: { r: 0, g: 0, b: 0, alpha } }), /options\.background\.alpha/),
  ['a background with an unknown channel', () => resize({ background: { r: 0, g: 0, b: 0, a: 1 } }), /options\.background\.a/],
  ['transfer of a path', () => resizeImage('x.png', { transfer: true }), /transfer/],
  ...['linear', 'palette', 'keepMetadata'].map((option) => [`what later versions may bring: ${option}`, () => resize({ [option]: true }), new RegExp(`options\\.${option}`)])
])

test('a wrong option, or a signal that has aborted, detaches nothing', async () => {
  const bytes = new Uint8Array(IMAGE)
  for (const options of [{ width: -1 }, { nonsense: 1 }, { signal: AbortSignal.abort() }, { limits: { frames: 0 } }]) {
    await assert.rejects(resizeImage(bytes, { ...options, transfer: true }))
    assert.equal(bytes.length, IMAGE.length)
  }
  await resizeImage(bytes, { width: 4, transfer: true })
  assert.equal(bytes.length, 0)
})

test('a job that is refused takes nothing from its caller', async () => {
  const garbage = new Uint8Array(1000).fill(7)
  await assert.rejects(resizeImage(garbage, { width: 4, transfer: true }), { code: 'ERR_IMAGE_FORMAT' })
  assert.equal(garbage.length, 1000)
  const bytes = new Uint8Array(IMAGE)
  await assert.rejects(resizeImage(bytes, { width: 4, transfer: true, limits: { inputPixels: 1 } }), { code: 'ERR_IMAGE_LIMIT' })
  assert.equal(bytes.length, IMAGE.length)
})

/** Both functions reject with an error of offloop's own, of that code. */
async function failsWith(code, input, options = {}, named = /./) {
  for (const call of [resizeImage, imageMetadata]) {
    await assert.rejects(call(input, options), (error) => {
      assert.ok(error instanceof OffloopError, String(error))
      assert.equal(error.code, code, error.message)
      assert.match(error.message, named)
      return true
    })
  }
}

test('what is no image', async (t) => {
  const file = path.join(folder(t), 'empty')
  writeFileSync(file, '')
  for (const input of [new Uint8Array(0), new ArrayBuffer(0), Buffer.from('not an image'), Buffer.alloc(1000), Buffer.from('GIF89a\x01\0\x01\0'), Buffer.from('RIFF\0\0\0\0AVI '), file, __filename]) {
    await failsWith('ERR_IMAGE_FORMAT', input)
  }
})

test('headers that are cut off', async () => {
  for (let length = 8; length < 33; length++) await failsWith('ERR_IMAGE_CORRUPT', IMAGE.subarray(0, length))
  await failsWith('ERR_IMAGE_CORRUPT', Buffer.from([0xff, 0xd8, 0xff]))
  await failsWith('ERR_IMAGE_CORRUPT', Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1'))
})

test('pixels that are cut off', async () => {
  for (let length = 33; length < IMAGE.length - 12; length++) {
    await assert.rejects(resizeImage(IMAGE.subarray(0, length), { width: 4 }), (error) => {
      assert.equal(error.code, 'ERR_IMAGE_CORRUPT', `${length}: ${error.message}`)
      return true
    })
  }
})

test('headers that lie', async () => {
  for (const claims of [[65_535, 65_535], [2 ** 31 - 1, 2 ** 31 - 1], [2 ** 31 - 1, 1]]) {
    await failsWith('ERR_IMAGE_LIMIT', png(8, 6, { claims }), { limits: {} }, /limit/)
  }
  for (const claims of [[0, 6], [8, 0], [2 ** 32 - 1, 1]]) await failsWith('ERR_IMAGE_CORRUPT', png(8, 6, { claims }))
  // Within the limits, and still without the pixels it promises.
  await assert.rejects(resizeImage(png(8, 6, { claims: [16_000, 16_000] }), { width: 4 }), (error) => {
    assert.ok(['ERR_IMAGE_CORRUPT', 'ERR_MEMORY_BUDGET'].includes(error.code), `${error}`)
    return true
  })
})

test('limits', async () => {
  await failsWith('ERR_IMAGE_LIMIT', IMAGE, { limits: { inputPixels: 47 } }, /inputPixels/)
  await failsWith('ERR_IMAGE_LIMIT', IMAGE, { limits: { inputBytes: IMAGE.length - 1 } }, /inputBytes/)
  assert.equal((await imageMetadata(IMAGE, { limits: { inputPixels: 48, inputBytes: IMAGE.length, frames: 1 } })).width, 8)
  for (const options of [{ width: 2 ** 31 - 1 }, { width: 1e9, height: 1e9, fit: 'fill' }, { width: 65_536, height: 1, fit: 'fill', format: 'jpeg' }, { width: 16_384, height: 1, fit: 'fill', format: 'webp' }]) {
    await assert.rejects(resizeImage(IMAGE, options), { name: 'OffloopError', code: 'ERR_IMAGE_LIMIT' })
  }
})

test('files that cannot be read', async (t) => {
  const directory = folder(t)
  writeFileSync(path.join(directory, 'file'), 'x')
  for (const [input, code] of [[path.join(directory, 'missing.png'), 'ENOENT'], [path.join(directory, 'file', 'x.png'), 'ENOTDIR']]) {
    for (const call of [resizeImage, imageMetadata]) {
      await assert.rejects(call(input, {}), (error) => {
        assert.ok(error instanceof OffloopError, String(error))
        assert.equal(error.code, 'ERR_IO')
        assert.ok(error.message.includes(input), error.message)
        assert.equal(error.cause.code, code)
        return true
      })
    }
  }
  await holdsOnly(directory, ['file'])
})

test('a folder', async (t) => {
  const directory = folder(t)
  for (const call of [resizeImage, imageMetadata]) {
    await assert.rejects(call(directory, {}), (error) => {
      assert.equal(error.code, 'ERR_IO')
      assert.ok(error.message.includes(directory), error.message)
      assert.equal(error.cause?.code, 'EISDIR')
      return true
    })
  }
})
