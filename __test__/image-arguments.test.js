'use strict'

// resizeImage, resizeImageSet and imageMetadata, given what they do not take: see bad-input.test.js.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const { writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')
const { OffloopError, imageMetadata, poolStats, resizeImage, resizeImageSet } = require('..')
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
  resizeImageSet: [(input, options) => resizeImageSet(input, [{ width: 4 }], options), undefined],
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
    ...each('signal', bad.NO_SIGNALS, (signal) => ask({ signal }), /options\.signal/).filter(([what]) => name !== 'imageMetadata' || !what.includes('cannot be listened to')),
    ...each('timeoutMs', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS }, (timeoutMs) => ask({ timeoutMs }), /options\.timeoutMs/),
    ...each('priority', bad.NO_NAMES, (priority) => ask({ priority }), /options\.priority/)
  ])
  refuses(`${name}: limits`, [
    ...each('limits', bad.NO_OBJECTS, (limits) => ask({ limits }), /options\.limits/),
    ...['inputBytes', 'inputPixels', 'frames', 'inputSide', 'metadataBytes', 'scans'].flatMap((limit) => each(`limits.${limit}`, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 0: () => 0, '-0': () => -0, '2 ** 32': () => 2 ** 32 }, (value) => ask({ limits: { [limit]: value } }), new RegExp(`options\\.limits\\.${limit}`))),
    ...each('limits.aspectRatio', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, 0: () => 0, 'less than a square': () => 0.99, '2 ** 32': () => 2 ** 32 }, (aspectRatio) => ask({ limits: { aspectRatio } }), /options\.limits\.aspectRatio/),
    ...['frames', 'scans'].map((limit) => [`${limit}: 65,536`, () => ask({ limits: { [limit]: 65_536 } }), new RegExp(`options\\.limits\\.${limit}`)]),
    ['an unknown limit', () => ask({ limits: { pixels: 1 } }), /options\.limits\.pixels/],
    ['a getter that throws', () => ask({ limits: { get frames() { throw boom } } }), /options\.limits\.frames/]
  ])
}

const { 'an empty string': _1, 'another name': _2, ...noObjectNorName } = { ...bad.NO_OBJECTS, ...bad.NO_NAMES }
const { true: _3, ...noObjectNorBoolean } = { ...bad.NO_OBJECTS, 0: () => 0 }
const { 'a number': _4, ...noObjectNorNumber } = bad.NO_OBJECTS
const fractions = { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, undefined: () => undefined, 'over 1': () => 1.01 }
const values = (list) => Object.fromEntries(list.map((value) => [Object.is(value, -0) ? '-0' : String(value), () => value]))

/** The options of an output, in whichever argument they come: its name, and a call with them. */
const OUTPUTS = {
  'resizeImage: an output': ['options', (options) => resizeImage(IMAGE, options)],
  'resizeImageSet: an output': ['outputs[1]', (output) => resizeImageSet(IMAGE, [{ width: 4 }, output])]
}
for (const [title, [argument, resize]] of Object.entries(OUTPUTS)) {
  const named = (option) => new RegExp(`${argument}.${option}`.replace(/[[\].]/g, '\\$&'))
  const rows = (option, table) => each(option, table, (value) => resize({ [option]: value }), named(option))
  const integers = (option, more) => rows(option, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, ...values(more) })
  const inside = (option, key, table, others = {}) => each(`${option}.${key}`, table, (value) => resize({ [option]: { ...others, [key]: value } }), named(`${option}.${key}`))
  const aColor = { ...noObjectNorName, empty: () => '', '#12': () => '#12', '#12345': () => '#12345', '#ggg': () => '#ggg', 'a long one': () => '#'.repeat(1e6), constructor: () => 'constructor', 'no digits': () => '#' }
  const region = { left: 0, top: 0, width: 4, height: 3 }

  refuses(`${title}: its geometry`, [
    ...integers('width', [0, -0, 2 ** 31]),
    ...integers('height', [0, -0, 2 ** 31]),
    ...['fit', 'kernel'].flatMap((option) => rows(option, bad.NO_NAMES)),
    ...['withoutEnlargement', 'autoOrient', 'flip', 'flop', 'linear'].flatMap((option) => rows(option, bad.NO_BOOLEANS)),
    ...rows('position', { ...noObjectNorName, entropy: () => 'entropy', empty: () => '', 'top left': () => 'top left' }),
    ...inside('position', 'x', fractions, { y: 0.5 }),
    ...inside('position', 'y', fractions, { x: 0.5 }),
    ['a position of three', () => resize({ position: { x: 0, y: 0, z: 0 } }), named('position.z')],
    ...rows('rotate', { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, ...values([45, 1, 360, -90]) }),
    ...rows('trim', noObjectNorBoolean),
    ...inside('trim', 'background', aColor),
    ...inside('trim', 'threshold', { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 256: () => 256 }),
    ['a trim with an unknown option', () => resize({ trim: { lineArt: true } }), named('trim.lineArt')],
    ...rows('extract', bad.NO_OBJECTS),
    ...['left', 'top'].flatMap((side) => inside('extract', side, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, undefined: () => undefined, '2 ** 31': () => 2 ** 31 }, region)),
    ...['width', 'height'].flatMap((side) => inside('extract', side, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, undefined: () => undefined, ...values([0, -0, 2 ** 31]) }, region)),
    ['a region with an unknown side', () => resize({ extract: { ...region, right: 1 } }), named('extract.right')],
    ['a getter of a region that throws', () => resize({ extract: { ...region, get top() { throw boom } } }), named('extract.top')],
    ...rows('padding', { ...noObjectNorNumber, ...bad.NO_INTEGERS, '2 ** 31': () => 2 ** 31 }),
    ...['top', 'right', 'bottom', 'left'].flatMap((side) => inside('padding', side, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, '2 ** 31': () => 2 ** 31 })),
    ['padding of an unknown side', () => resize({ padding: { start: 1 } }), named('padding.start')],
    ...rows('background', aColor),
    ...['r', 'g', 'b'].flatMap((channel) => inside('background', channel, { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, undefined: () => undefined, 256: () => 256 }, { r: 0, g: 0, b: 0 })),
    ...inside('background', 'alpha', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, 'over 1': () => 1.01 }, { r: 0, g: 0, b: 0 }),
    ['a background with an unknown channel', () => resize({ background: { r: 0, g: 0, b: 0, a: 1 } }), named('background.a')]
  ])

  refuses(`${title}: its encoding`, [
    ...['format', 'chromaSubsampling', 'filter'].flatMap((option) => rows(option, bad.NO_NAMES)),
    ...['tiff', 'bmp', 'jpg', 'JPEG', 'heif'].map((format) => [`format: ${format}`, () => resize({ format }), named('format')]),
    ...integers('quality', [0, -0, 101]),
    ...integers('alphaQuality', [0, -0, 101]),
    ...integers('compressionLevel', [10]),
    ...integers('colors', [0, 1, 257]),
    ...integers('effort', [11]),
    ...[['webp', 7], ['avif', 10], ['gif', 0], ['gif', -0]].map(([format, effort]) => [`effort ${effort} of ${format}`, () => resize({ format, effort }), new RegExp(`effort must be an integer from \\d to \\d+ with format '${format}'`)]),
    ...rows('dither', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, 'over 1': () => 1.01 }),
    ...['lossless', 'nearLossless', 'progressive', 'palette', 'animated'].flatMap((option) => rows(option, bad.NO_BOOLEANS)),
    ['lossless and nearly so', () => resize({ lossless: true, nearLossless: true }), named('nearLossless')],
    ...rows('keepMetadata', noObjectNorBoolean),
    ...['exif', 'icc', 'xmp'].flatMap((which) => inside('keepMetadata', which, bad.NO_BOOLEANS)),
    ['unknown metadata', () => resize({ keepMetadata: { iptc: true } }), named('keepMetadata.iptc')],
    ['an unknown option', () => resize({ nonsense: 1 }), named('nonsense')],
    ['a getter that throws', () => resize({ get width() { throw boom } }), named('width')]
  ])
}

for (const [name, ask] of Object.entries({ resizeImage: (options) => resizeImage(IMAGE, options), resizeImageSet: (options) => resizeImageSet(IMAGE, [{}], options) })) {
  refuses(`${name}: what is decided for the input`, [
    ...each('failOn', bad.NO_NAMES, (failOn) => ask({ failOn }), /options\.failOn/),
    ...['transfer', 'timings'].flatMap((option) => each(option, bad.NO_BOOLEANS, (value) => ask({ [option]: value }), new RegExp(`options\\.${option}`)))
  ])
}
refuses('resizeImage: its arguments', [
  ['no options', () => resizeImage(IMAGE), /options/],
  ['transfer of a path', () => resizeImage('x.png', { transfer: true }), /transfer/],
  ['transfer of a path of a set', () => resizeImageSet('x.png', [{}], { transfer: true }), /transfer/]
])

refuses('resizeImageSet: outputs', [
  ...each('outputs', { undefined: () => undefined, ...bad.NO_OBJECTS, 'an object': () => ({}), 'a Set': () => new Set([{}]), 'an array-like': () => ({ length: 1, 0: {} }), 'a generator': () => [{}].values() }, (outputs) => resizeImageSet(IMAGE, outputs), /^outputs /),
  ['65 outputs', () => resizeImageSet(IMAGE, Array.from({ length: 65 }, () => ({}))), /^outputs must be 1 to 64/],
  ['a length beyond memory', () => resizeImageSet(IMAGE, Object.assign([], { length: 2 ** 32 - 1 })), /^outputs must be 1 to 64/],
  ['an array whose getter throws', () => resizeImageSet(IMAGE, Object.defineProperty([{}, {}], 1, { get() { throw boom } })), /^outputs could not be read/],
  ...['a number', '5', Symbol('s'), {}].map((length) => [`a length that is none: ${String(length)}`, () => resizeImageSet(IMAGE, new Proxy([], { get: (target, key) => (key === 'length' ? length : target[key]) })), /^outputs/]),
  ...each('an output', { undefined: () => undefined, ...bad.NO_OBJECTS }, (output) => resizeImageSet(IMAGE, [{}, output]), /outputs\[1\]/),
  ['a hole', () => resizeImageSet(IMAGE, Object.assign([], { 1: {} })), /outputs\[0\]/],
  // What is known and in the wrong place is told where its place is.
  ...['signal', 'timeoutMs', 'priority', 'limits', 'failOn', 'transfer', 'timings'].map((option) => [`${option} in an output`, () => resizeImageSet(IMAGE, [{ [option]: undefined }]), new RegExp(`^outputs\\[0\\]\\.${option} .*third argument`)]),
  ...['width', 'format', 'autoOrient', 'keepMetadata'].map((option) => [`${option} outside of the outputs`, () => resizeImageSet(IMAGE, [{}], { [option]: undefined }), new RegExp(`^options\\.${option} .*second argument`)])
])

test('options are read once each', async () => {
  const counts = {}
  const counting = (name, target) => new Proxy(target, {
    get(object, key) {
      const read = `${name}.${String(key)}`
      counts[read] = (counts[read] ?? 0) + 1
      return object[key]
    }
  })
  const output = counting('output', { width: 4, extract: counting('extract', { left: 0, top: 0, width: 4, height: 3 }), trim: counting('trim', { threshold: 0 }), padding: counting('padding', { top: 1 }), keepMetadata: counting('keep', { icc: true }) })
  await resizeImageSet(IMAGE, counting('outputs', [output]), counting('options', { timings: false, limits: counting('limits', { scans: 1 }) }))
  assert.deepEqual(Object.entries(counts).filter(([, times]) => times !== 1), [])
  for (const read of ['outputs.0', 'outputs.length', 'output.width', 'extract.left', 'limits.scans', 'options.timings']) assert.ok(read in counts, read)

  const bytes = new Uint8Array(IMAGE)
  const detaching = { get width() { structuredClone(bytes.buffer, { transfer: [bytes.buffer] }); return 4 } }
  await assert.rejects(resizeImageSet(bytes, [detaching]), { code: 'ERR_INVALID_ARG', message: /input/ })
})

test('options of a class, with getters and inherited, count', async () => {
  class Base { get width() { return 3 } }
  class Output extends Base { get height() { return 2 } }
  const [{ width, height }] = await resizeImageSet(IMAGE, [new Output()])
  assert.deepEqual([width, height], [3, 2])
})

test('options that the format has no use for are ignored', async () => {
  const all = { quality: 1, effort: 1, lossless: true, alphaQuality: 1, progressive: true, chromaSubsampling: '4:4:4', compressionLevel: 1, filter: 'up', palette: false, colors: 2, dither: 0, animated: false, position: 'attention', kernel: 'nearest', linear: true }
  for (const format of ['jpeg', 'png', 'webp', 'gif']) {
    const made = await resizeImage(IMAGE, { ...all, width: 4, fit: 'inside', format })
    assert.deepEqual([made.format, made.width, made.height], [format, 4, 3])
  }
  // Each format's own range of effort, where another's would be too small or too large.
  for (const options of [{ format: 'jpeg', effort: 10 }, { format: 'png', effort: 0 }, { format: 'gif', effort: 10 }, { effort: 10 }]) {
    assert.equal((await resizeImage(IMAGE, options)).width, 8)
  }
  // The format follows from the input, so its range shows late.
  const { data } = await resizeImage(IMAGE, { format: 'webp' })
  await assert.rejects(resizeImage(data, { effort: 7 }), { code: 'ERR_INVALID_ARG', message: /effort/ })
})

test('a wrong option, or a signal that has aborted, detaches nothing', async () => {
  const bytes = new Uint8Array(IMAGE)
  for (const options of [{ width: -1 }, { nonsense: 1 }, { signal: AbortSignal.abort() }, { limits: { frames: 0 } }]) {
    await assert.rejects(resizeImage(bytes, { ...options, transfer: true }))
    assert.equal(bytes.length, IMAGE.length)
  }
  await assert.rejects(resizeImageSet(bytes, [{ width: 4 }, { width: -1 }], { transfer: true }))
  await assert.rejects(resizeImageSet(bytes, [], { transfer: true }))
  assert.equal(bytes.length, IMAGE.length)
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
  for (const input of [new Uint8Array(0), new ArrayBuffer(0), Buffer.from('not an image'), Buffer.alloc(1000), Buffer.from('GIF88a\x01\0\x01\0'), Buffer.from('BORING'), Buffer.from('MMXX'), Buffer.from('RIFF\0\0\0\0AVI '), file, __filename]) {
    await failsWith('ERR_IMAGE_FORMAT', input)
  }
})

test('headers that are cut off', async () => {
  for (let length = 8; length < 33; length++) await failsWith('ERR_IMAGE_CORRUPT', IMAGE.subarray(0, length))
  await failsWith('ERR_IMAGE_CORRUPT', Buffer.from([0xff, 0xd8, 0xff]))
  await failsWith('ERR_IMAGE_CORRUPT', Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1'))
  await failsWith('ERR_IMAGE_CORRUPT', Buffer.from('GIF89a\x01\0\x01\0', 'latin1'))
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

test('what is neither file nor folder', { skip: process.platform === 'win32' }, async (t) => {
  const pipe = path.join(folder(t), 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const input of [pipe, '/dev/zero']) {
    for (const call of [resizeImage, imageMetadata]) {
      await assert.rejects(call(input, {}), (error) => {
        assert.deepEqual([error.code, error.message, error.cause.code], ['ERR_IO', `cannot read ${input}: it is not a regular file`, 'EINVAL'])
        return true
      })
    }
  }
})

test('what is wrong with a file names the file, for each who asked', async (t) => {
  const directory = folder(t)
  const noise = png(900, 700, { noise: true })
  const files = { ERR_IMAGE_FORMAT: Buffer.from('no image at all, but a text'), ERR_IMAGE_CORRUPT: noise.subarray(0, -5000), ERR_IMAGE_LIMIT: png(8, 6, { claims: [60_000, 60_000] }) }
  for (const [code, bytes] of Object.entries(files)) {
    // The same under two names: the work may be shared, the name is each one's own.
    const names = ['one', 'other'].map((name) => path.join(directory, `${code}-${name}`))
    for (const name of names) writeFileSync(name, bytes)
    const of = async (call, input) => {
      const error = await call(input, { width: 5 }).then(() => undefined, (reason) => reason)
      assert.equal(error?.code, code, String(error))
      return error.message
    }
    const said = await of(resizeImage, bytes)
    assert.deepEqual(await Promise.all(names.map((name) => of(resizeImage, name))), names.map((name) => `${name}: ${said}`))
    // What only decoding shows is none of a header's business.
    if (code !== 'ERR_IMAGE_CORRUPT') assert.equal(await of((input) => imageMetadata(input), names[0]), `${names[0]}: ${await of((input) => imageMetadata(input), bytes)}`)
  }
})

test('URLs get a hint', async () => {
  for (const input of [new URL('file:///x.png'), 'file:///x.png', 'FILE:///x.png']) {
    for (const [call, options] of Object.values(CALLS)) {
      await assert.rejects(call(input, options), { name: 'TypeError', code: 'ERR_INVALID_ARG', message: /^input .*fileURLToPath/ })
    }
  }
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
