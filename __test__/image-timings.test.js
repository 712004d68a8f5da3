'use strict'

// timings: where a resize's time and memory went. That they are there, not how long anything took.

const assert = require('node:assert/strict')
const { writeFileSync } = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')
const { resizeImage, resizeImageSet } = require('..')
const { folder } = require('./support/folder.js')
const { paint, png } = require('./support/png.js')
const { idle } = require('./support/pool.js')

after(idle)

const IMAGE = paint(200, 150, (x, y) => [x, y, 100])
const STAGES = ['queueMs', 'decodeMs', 'resizeMs', 'colorMs', 'encodeMs', 'totalMs']

function looksRight(timings, what) {
  assert.deepEqual(Object.keys(timings).sort(), [...STAGES, 'decodeScale', 'path', 'peakBytes', 'shared'].sort(), what)
  for (const stage of STAGES) assert.ok(Number.isFinite(timings[stage]) && timings[stage] >= 0, `${what}: ${stage} is ${timings[stage]}`)
  assert.match(timings.path, /\S/)
  assert.match(timings.decodeScale, /^\d+\/\d+$/)
  // At least the decoded pixels were held.
  assert.ok(Number.isInteger(timings.peakBytes) && timings.peakBytes > 0, `${timings.peakBytes}`)
  assert.equal(typeof timings.shared, 'boolean')
}

test('timings are there where they are asked for', async (t) => {
  const file = path.join(folder(t), 'image')
  writeFileSync(file, IMAGE)
  for (const input of [IMAGE, file]) {
    for (const format of ['jpeg', 'png', 'webp', 'gif']) {
      const { timings } = await resizeImage(input, { width: 50, format, timings: true })
      looksRight(timings, format)
      assert.deepEqual([timings.shared, timings.decodeScale], [false, '1/1'])
    }
  }
  const set = await resizeImageSet(IMAGE, [{ width: 50 }, { width: 20, format: 'webp' }], { timings: true })
  for (const { timings } of set) looksRight(timings, 'a set')
  const transferred = await resizeImage(new Uint8Array(IMAGE), { width: 50, transfer: true, timings: true })
  looksRight(transferred.timings, 'transferred')
})

test('and nowhere else', async () => {
  const results = [await resizeImage(IMAGE, { width: 50 }), await resizeImage(IMAGE, { width: 50, timings: false }), ...await resizeImageSet(IMAGE, [{}, { width: 3 }])]
  for (const result of results) assert.equal('timings' in result, false)
})

test('a JPEG that is made much smaller is not decoded whole', async () => {
  const { data } = await resizeImage(png(1600, 1200), { format: 'jpeg' })
  const [small, whole] = await Promise.all([100, 1600].map((width) => resizeImage(data, { width, timings: true })))
  assert.equal(whole.timings.decodeScale, '1/1')
  const [one, of] = small.timings.decodeScale.split('/').map(Number)
  assert.ok(one < of, small.timings.decodeScale)
})

test('what was asked for does not change what is made', async () => {
  const [with_, without] = await Promise.all([true, false].map((timings) => resizeImage(IMAGE, { width: 70, format: 'webp', timings })))
  assert.deepEqual(with_.data, without.data)
})
