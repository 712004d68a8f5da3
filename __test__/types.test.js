'use strict'

// What users write in TypeScript compiles: __test__/types, with the strictest of the compiler's settings.

const assert = require('node:assert/strict')
const path = require('node:path')
const { test } = require('node:test')
const { ROOT, node } = require('./support/children.js')

test('users\' code compiles', async () => {
  const manifest = require.resolve('typescript/package.json')
  const compiler = path.join(path.dirname(manifest), require(manifest).bin.tsc)
  const { code, stdout, stderr } = await node([compiler, '-p', path.join(ROOT, '__test__', 'types')])
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' })
})
