'use strict'

// resizeImageSet: one input, several outputs, one job.

const assert = require('node:assert/strict')
const { getEventListeners } = require('node:events')
const { writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')
const { Worker } = require('node:worker_threads')
const { OffloopError, imageMetadata, poolStats, resizeImage, resizeImageSet } = require('..')
const { folder } = require('./support/folder.js')
const { exif, withSegment } = require('./support/jpeg.js')
const { paint, png, unpaint } = require('./support/png.js')
const { eventually, idle, outcome } = require('./support/pool.js')

after(idle)

const SCENE = paint(320, 240, (x, y) => [128 + 90 * Math.sin(x / 17), 128 + 90 * Math.cos(y / 13), 128 + 60 * Math.sin(x * y / 500)].map(Math.round))
const facts = ({ format, width, height, frames }) => ({ format, width, height, frames })

/** Work for a while. */
let made
const large = () => (made ??= png(3000, 2000, { noise: true }))
const MANY = Array.from({ length: 12 }, (_, i) => ({ width: 1400 - i, format: 'webp', effort: 6 }))

test('results come in the order asked for, whatever is quickest to make', async () => {
  const outputs = [
    { width: 40, format: 'png' }, { width: 300, format: 'jpeg' }, { width: 8, height: 8, format: 'webp' }, { height: 200 },
    { width: 40, format: 'png' }, { width: 100, height: 20, fit: 'contain', padding: 2 }, { format: 'gif', width: 64 }, { width: 320 }
  ]
  const results = await resizeImageSet(SCENE, outputs)
  assert.ok(Array.isArray(results))
  assert.deepEqual(results.map(facts), [
    { format: 'png', width: 40, height: 30, frames: 1 }, { format: 'jpeg', width: 300, height: 225, frames: 1 }, { format: 'webp', width: 8, height: 8, frames: 1 },
    { format: 'png', width: 267, height: 200, frames: 1 }, { format: 'png', width: 40, height: 30, frames: 1 }, { format: 'png', width: 104, height: 24, frames: 1 },
    { format: 'gif', width: 64, height: 48, frames: 1 }, { format: 'png', width: 320, height: 240, frames: 1 }
  ])
  for (const { data, ...rest } of results) {
    assert.ok(Buffer.isBuffer(data))
    const { width, height, format } = await imageMetadata(data)
    assert.deepEqual({ width, height, format }, { width: rest.width, height: rest.height, format: rest.format })
    assert.deepEqual(Object.keys(rest).sort(), ['format', 'frames', 'height', 'width'])
  }
  // The same asked for twice is two Buffers.
  assert.deepEqual(results[0].data, results[4].data)
  assert.notEqual(results[0].data.buffer === results[4].data.buffer && results[0].data.byteOffset === results[4].data.byteOffset, true)
})

test('one output is what resizeImage makes', async () => {
  for (const output of [{}, { width: 100 }, { width: 60, height: 60, position: 'attention', format: 'webp' }, { rotate: 90, flip: true, extract: { left: 10, top: 10, width: 100, height: 50 }, trim: true, width: 33 }, { width: 90, format: 'jpeg', progressive: true, linear: true }]) {
    const [one] = await resizeImageSet(SCENE, [output])
    assert.deepEqual(one, await resizeImage(SCENE, output))
  }
})

test('each of several is what resizeImage makes, or nearly where it was made from a larger one', async () => {
  const outputs = [{ width: 200 }, { width: 150 }, { width: 100 }, { width: 40 }, { width: 40, height: 40, position: 'left' }, { width: 10, kernel: 'bilinear' }, { extract: { left: 5, top: 5, width: 50, height: 50 } }]
  for (const base of [SCENE, (await resizeImage(SCENE, { format: 'jpeg', quality: 95 })).data]) {
    const results = await resizeImageSet(base, outputs.map((output) => ({ ...output, format: 'png' })))
    for (const [i, result] of results.entries()) {
      const alone = await resizeImage(base, { ...outputs[i], format: 'png' })
      assert.deepEqual(facts(result), facts(alone))
      const [a, b] = [result, alone].map(({ data }) => unpaint(data).pixels.flat(2))
      const mean = a.reduce((sum, sample, at) => sum + Math.abs(sample - b[at]), 0) / a.length
      assert.ok(mean < 3, `output ${i} is ${mean} away`)
    }
  }
})

test('turning is each output\'s own', async () => {
  const jpeg = withSegment((await resizeImage(SCENE, { format: 'jpeg' })).data, 0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif(6)]))
  const results = await resizeImageSet(jpeg, [{ width: 60 }, { width: 60, autoOrient: false }, { width: 60, rotate: 90 }, { width: 60, autoOrient: false, rotate: 90 }])
  assert.deepEqual(results.map(({ width, height }) => [width, height]), [[60, 80], [60, 45], [60, 45], [60, 80]])
})

test('64 outputs, of a path and of bytes', async (t) => {
  const file = path.join(folder(t), 'scene.txt')
  writeFileSync(file, SCENE)
  const outputs = Array.from({ length: 64 }, (_, i) => ({ width: 64 - i }))
  for (const input of [file, SCENE, SCENE.buffer.slice(SCENE.byteOffset, SCENE.byteOffset + SCENE.length)]) {
    assert.deepEqual((await resizeImageSet(input, outputs)).map(({ width }) => width), outputs.map(({ width }) => width))
  }
  await assert.rejects(resizeImageSet(path.join(folder(t), 'missing'), [{}]), { code: 'ERR_IO' })
})

test('a set is one job', async () => {
  await idle()
  const before = poolStats().bulk
  await resizeImageSet(SCENE, [{ width: 10 }, { width: 20 }, { width: 30 }])
  await idle()
  const now = poolStats().bulk
  assert.deepEqual([now.completed - before.completed, now.failed - before.failed], [1, 0])
})

test('if one output cannot be made, none is', async () => {
  for (const [output, code] of [[{ width: 20_000, height: 1, fit: 'fill', format: 'webp' }, 'ERR_IMAGE_LIMIT'], [{ extract: { left: 300, top: 0, width: 30, height: 1 } }, 'ERR_INVALID_ARG'], [{ width: 2 ** 31 - 1 }, 'ERR_IMAGE_LIMIT']]) {
    await assert.rejects(resizeImageSet(SCENE, [{ width: 10 }, output, { width: 10 }]), { code })
  }
})

test('limits, damage and transfer are the set\'s', async () => {
  const refused = async (input, options, code) => assert.rejects(resizeImageSet(input, [{ width: 10 }, { width: 20 }], options), (error) => {
    assert.ok(error instanceof OffloopError)
    assert.equal(error.code, code)
    return true
  })
  await refused(SCENE, { limits: { inputPixels: 1000 } }, 'ERR_IMAGE_LIMIT')
  await refused(SCENE, { limits: { inputBytes: 1000 } }, 'ERR_IMAGE_LIMIT')
  await refused(Buffer.from('no image'), {}, 'ERR_IMAGE_FORMAT')
  const cut = SCENE.subarray(0, SCENE.length / 2)
  await refused(cut, {}, 'ERR_IMAGE_CORRUPT')
  assert.deepEqual((await resizeImageSet(cut, [{ width: 10 }, { width: 20 }], { failOn: 'none' })).map(({ width }) => width), [10, 20])

  const bytes = new Uint8Array(SCENE)
  for (const options of [{ limits: { inputPixels: 1 } }, { signal: AbortSignal.abort() }]) {
    await assert.rejects(resizeImageSet(bytes, [{ width: 10 }], { ...options, transfer: true }))
    assert.equal(bytes.length, SCENE.length)
  }
  const [kept, taken] = [await resizeImageSet(bytes, [{ width: 10 }, { width: 20 }]), await resizeImageSet(bytes, [{ width: 10 }, { width: 20 }], { transfer: true })]
  assert.deepEqual(taken, kept)
  assert.equal(bytes.length, 0)
})

test('bytes may be changed as soon as the call has returned', async () => {
  const bytes = Buffer.from(SCENE)
  const promise = resizeImageSet(bytes, [{ width: 50 }, { width: 20 }])
  bytes.fill(0)
  assert.deepEqual(await promise, await resizeImageSet(SCENE, [{ width: 50 }, { width: 20 }]))
})

test('aborted before, at once and in the middle', async () => {
  for (const when of ['before', 'at once', 'running']) {
    const controller = new AbortController()
    const { signal } = controller
    const reason = { why: when }
    if (when === 'before') controller.abort(reason)
    await idle()
    const settled = outcome(resizeImageSet(large(), MANY, { signal }))
    if (when === 'running') await eventually(() => poolStats().bulk.running > 0, 'a running job')
    controller.abort(reason)
    assert.equal((await settled).error, reason)
    assert.equal(getEventListeners(signal, 'abort').length, 0)
    await idle()
  }
})

test('a deadline', async () => {
  await assert.rejects(resizeImageSet(large(), MANY, { timeoutMs: 0 }), { code: 'ERR_DEADLINE', retryable: true })
  await assert.rejects(resizeImageSet(large(), MANY, { timeoutMs: 30 }), { code: 'ERR_DEADLINE' })
  await idle()
})

test('either lane', async () => {
  await idle()
  const before = poolStats()
  await resizeImageSet(SCENE, [{ width: 10 }])
  await resizeImageSet(SCENE, [{ width: 10 }], { priority: 'interactive' })
  await idle()
  const now = poolStats()
  assert.deepEqual([now.bulk.completed - before.bulk.completed, now.interactive.completed - before.interactive.completed], [1, 1])
})

test('in worker_threads, at the same time', async () => {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { resizeImageSet } = require(workerData.offloop)
    resizeImageSet(workerData.input, workerData.outputs, { timings: true }).then((results) => parentPort.postMessage(results))`
  const outputs = [{ width: 100, format: 'jpeg' }, { width: 30, format: 'webp' }]
  const workerData = { offloop: require.resolve('..'), input: new Uint8Array(SCENE), outputs }
  const answers = await Promise.all(Array.from({ length: 4 }, () => new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true, workerData })
    let answer
    worker.once('message', (results) => (answer = results))
    worker.once('error', reject)
    worker.once('exit', () => resolve(answer))
  })))
  const expected = await resizeImageSet(SCENE, outputs)
  for (const results of answers) {
    assert.deepEqual(results.map(facts), expected.map(facts))
    for (const [i, { data }] of results.entries()) assert.ok(expected[i].data.equals(data))
  }
})
