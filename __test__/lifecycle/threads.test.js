'use strict'

// worker_threads, each of which is an environment of its own over the one pool.

const { test } = require('node:test')
const { passes } = require('../support/children.js')

for (const scenario of [
  'in a worker only, again and again',
  'in several workers at once, and the main thread',
  'twenty workers load it at once',
  'the settings outlive the worker that made them',
  'the process exits while workers are busy'
]) {
  test(scenario, () => passes('threads.js', scenario))
}

for (const kind of ['argon2', 'bcrypt', 'csv', 'file', 'image', 'set', 'transfer']) {
  test(`200 workers that are terminated in the middle of ${kind}`, () => passes('threads.js', 'terminated in the middle of', { args: [kind], limitMs: 180_000 }))
}
