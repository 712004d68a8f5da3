'use strict'

// A process ends when Node says so: not before its promises are settled, not after, never by a crash, and it
// leaves no half of a file.

const assert = require('node:assert/strict')
const { readdirSync } = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { node } = require('../support/children.js')
const { folder } = require('../support/folder.js')

const PROGRAM = path.join(__dirname, 'exit.js')

/**
 * @param {import('node:test').TestContext} t
 * @param {string} scenario
 * @param {Parameters<typeof node>[1]} [options]
 */
async function run(t, scenario, options) {
  const directory = folder(t)
  const result = await node([PROGRAM, scenario, directory], options)
  return { ...result, files: readdirSync(directory) }
}

test('nothing was done', async (t) => {
  assert.deepEqual(await run(t, 'nothing was done'), { code: 0, signal: null, stdout: '', stderr: '', files: [] })
})

test('everything has settled', async (t) => {
  assert.deepEqual(await run(t, 'everything has settled'), { code: 0, signal: null, stdout: 'settled\n', stderr: '', files: ['x.csv'] })
})

test('promises are pending', async (t) => {
  const { code, signal, stdout, stderr, files } = await run(t, 'promises are pending')
  assert.deepEqual([code, signal, stderr, files], [0, null, '', ['x.csv']])
  assert.deepEqual(stdout.trim().split('\n').sort(), ['exported 10000', 'hashed', 'resized to 30'])
})

test('a source that never says anything, and a deadline', async (t) => {
  assert.deepEqual(await run(t, 'a promise of which the source never says anything'), { code: 0, signal: null, stdout: 'ERR_DEADLINE\n', stderr: '', files: [] })
})

test('everything was aborted', async (t) => {
  assert.deepEqual(await run(t, 'everything was aborted'), { code: 0, signal: null, stdout: '', stderr: '', files: [] })
})

for (const scenario of ['process.exit', 'process.exit at once']) {
  for (let round = 1; round <= 4; round++) {
    test(`${scenario}, with work queued and running (${round})`, async (t) => {
      const { files: _, ...ended } = await run(t, scenario)
      assert.deepEqual(ended, { code: 7, signal: null, stdout: '', stderr: '' })
    })
  }
}

for (const scenario of ['an uncaught exception', 'a rejection that nobody handles']) {
  test(`${scenario}, with work queued and running`, async (t) => {
    const { code, signal, stderr } = await run(t, scenario)
    assert.deepEqual([code, signal], [1, null])
    assert.match(stderr, /Error: on purpose/)
  })
}

for (const scenario of ['process.exit', 'process.exit at once', 'an uncaught exception', 'a rejection that nobody handles']) {
  test(`${scenario}: no half of a file is left`, async (t) => {
    const { files } = await run(t, scenario)
    assert.deepEqual(files, [])
  })
}

const windows = process.platform === 'win32' && 'there are no signals on Windows'

/** @param {NodeJS.Signals} name */
function sends(name) {
  return (child) => child.stdout.once('data', () => child.kill(name))
}

for (const name of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
  test(`${name}, with work queued and running`, { skip: windows }, async (t) => {
    // The system ends the process; nobody is left to remove the temporary file, and the path is untouched.
    const { code, signal, stderr, files } = await run(t, 'a signal', { during: sends(name) })
    assert.deepEqual([code, signal, stderr], [null, name, ''])
    assert.ok(!files.includes('x.csv'))
  })
}

test('SIGTERM that is handled by process.exit', { skip: windows }, async (t) => {
  const { code, signal, stderr } = await run(t, 'a signal that is handled by process.exit', { during: sends('SIGTERM') })
  assert.deepEqual([code, signal, stderr], [9, null, ''])
})

test('jobs that begin as the process exits', async (t) => {
  assert.deepEqual(await run(t, 'jobs that begin as the process exits'), { code: 0, signal: null, stdout: 'number\n', stderr: '', files: [] })
})
