'use strict'

// How offloop is loaded, and by whom.

const assert = require('node:assert/strict')
const path = require('node:path')
const { test } = require('node:test')
const offloop = require('..')
const { ROOT, node, passes } = require('./support/children.js')

for (const scenario of [
  'require',
  'require twice, with the registry emptied in between',
  'in a vm context',
  'timers that were replaced after loading',
  'the context of a call holds in what comes of it'
]) {
  test(scenario, () => passes('modules.js', scenario))
}

/** @param {string[]} args */
async function ends(args) {
  const { code, signal, stdout, stderr } = await node(args)
  assert.deepEqual({ code, signal, stdout, stderr }, { code: 0, signal: null, stdout: 'came to the end\n', stderr: '' })
}

test('where code from strings is disallowed', () =>
  ends(['--disallow-code-generation-from-strings', path.join(ROOT, '__test__', 'lifecycle', 'modules.js'), 'without code from strings']))

test('import, by default and by name', () => ends([path.join(ROOT, '__test__', 'lifecycle', 'modules.mjs')]))

test('with frozen intrinsics', () =>
  node(['--frozen-intrinsics', path.join(ROOT, '__test__', 'lifecycle', 'modules.js'), 'require']).then(({ code, stdout, stderr }) => {
    assert.deepEqual([code, stdout], [0, 'came to the end\n'], stderr)
  }))

test('what is exported, and nothing of what is still to come', () => {
  const { OffloopError, ...functions } = offloop
  assert.deepEqual(Object.keys(functions).sort(), ['calibratePassword', 'checkPassword', 'configurePool', 'createCsvTransform', 'drainPool', 'exportCsv', 'exportCsvFile', 'exportCsvStream', 'hashPassword', 'imageMetadata', 'inspectHash', 'poolStats', 'resizeImage', 'resizeImageSet', 'verifyPassword'])
  for (const value of Object.values(functions)) assert.equal(typeof value, 'function')
  const error = new OffloopError('ERR_X', 'message')
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'OffloopError')
  assert.match(error.stack, /^OffloopError: message/)
})
