'use strict'

// Memory is as much after many jobs as after some.

const { test } = require('node:test')
const { passes } = require('../support/children.js')

for (const [scenario, count] of [['small jobs', '50,000'], ['large jobs', '500']]) {
  test(`${count} ${scenario}`, () => passes('memory.js', scenario, { flags: ['--expose-gc'], limitMs: 180_000 }))
}
