'use strict'

// drainPool. There is no way back from it, so each scenario has a process of its own.

const { test } = require('node:test')
const { passes } = require('./support/children.js')

for (const scenario of [
  'with nothing to do',
  'waits for what is queued and running, and takes no more',
  'a stream whose reader is slow is waited for',
  'a time limit that is not needed',
  'a time limit that passes',
  'no time at all',
  'several at once',
  'several at once, of which one has a time limit that passes',
  'those who wait for a place in the queue are waited for',
  'those who wait for a place in the queue when a time limit passes',
  'a drained worker_thread does not drain the others'
]) {
  test(scenario, () => passes('drain.js', scenario))
}
