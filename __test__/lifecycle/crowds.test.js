'use strict'

// Aborts by the thousand, each in a process of its own.

const { test } = require('node:test')
const { passes } = require('../support/children.js')

test('20,000 jobs, aborted at random moments', async (t) => {
  const seed = 1 + Math.floor(Math.random() * 1e6)
  t.diagnostic(`seed ${seed}`)
  await passes('crowds.js', 'aborts at random moments', { args: [String(seed)], limitMs: 180_000 })
})

test('one signal for a thousand jobs', () => passes('crowds.js', 'one signal, a thousand jobs'))
