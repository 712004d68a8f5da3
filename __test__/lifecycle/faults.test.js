'use strict'

// A panic in a job rejects that job's promise, and is nobody else's trouble. `npm test` builds a binding that can be
// told to panic; it is installed in a folder of its own, as its platform's package.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { thisPlatform } = require('../../lib/platform.js')
const { judge } = require('../../scripts/release/gate.js')
const { ROOT, node } = require('../support/children.js')
const { folder } = require('../support/folder.js')

const binding = process.env.OFFLOOP_FAULTS
const skip = !binding && 'OFFLOOP_FAULTS names no binding with faults; `npm test` builds one'
const { version } = require('../../package.json')

/** @param {import('node:test').TestContext} t */
function install(t) {
  const project = folder(t)
  const modules = path.join(project, 'node_modules')
  for (const name of ['index.js', 'lib', 'package.json']) {
    const filter = (/** @type {string} */ source) => path.relative(ROOT, source) !== path.join('lib', 'binding')
    fs.cpSync(path.join(ROOT, name), path.join(modules, 'offloop', name), { recursive: true, filter })
  }
  const name = `offloop-${thisPlatform()}`
  fs.mkdirSync(path.join(modules, name))
  fs.copyFileSync(binding, path.join(modules, name, 'addon.node'))
  fs.writeFileSync(path.join(modules, name, 'package.json'), JSON.stringify({ name, version, main: 'addon.node' }))
  fs.copyFileSync(path.join(__dirname, 'faults.js'), path.join(project, 'faults.js'))
  return { program: path.join(project, 'faults.js'), addon: path.join(modules, name, 'addon.node') }
}

for (const scenario of ['in every job, at every place', 'among others, which do not notice']) {
  test(`a panic ${scenario}`, { skip }, async (t) => {
    const { program, addon } = install(t)
    const { code, signal, stdout, stderr } = await node([program, scenario, folder(t)], {
      env: { RUST_BACKTRACE: '0', OFFLOOP_FAULTS: addon, OFFLOOP_TESTS: path.join(ROOT, '__test__') }, limitMs: 240_000
    })
    assert.deepEqual({ code, signal, stdout }, { code: 0, signal: null, stdout: 'came to the end\n' }, stderr)
  })
}

test('a binding with faults may not be published', { skip }, () => {
  assert.ok(judge(thisPlatform(), binding).problems.some((problem) => problem.includes('faults to inject')))
})
