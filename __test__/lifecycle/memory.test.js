'use strict'

// Memory is as much after many jobs as after some.

const { test } = require('node:test')
const { passes } = require('../support/children.js')

for (const [scenario, count] of [['small jobs', '200,000'], ['large jobs', '500'], ['mixed resizes', '2,000']]) {
  test(`${count} ${scenario}`, () => passes('memory.js', scenario, {
    // Little room for V8's young objects, and one arena for glibc's allocator, whose many come and go by tens of
    // mebibytes: so that what is measured is what is kept.
    flags: ['--expose-gc', '--max-semi-space-size=2'], env: { MALLOC_ARENA_MAX: '1' }, limitMs: 180_000
  }))
}
