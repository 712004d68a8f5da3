'use strict'

// configurePool and poolStats. The pool is the whole process's, so each scenario has a process of its own.

const { test } = require('node:test')
const { passes } = require('./support/children.js')

for (const scenario of [
  'stats before any job',
  'settings before the first job',
  'threads and niceness are fixed by the first job',
  'a full queue refuses',
  'maxQueue may change while running',
  'a full queue refuses exports, and their sources are untouched',
  'a job that could never fit the memory is refused at once',
  'jobs wait for memory, and the budget holds',
  'counters and histograms move',
  'a thousand jobs at once all settle, each with its own result',
  'logins pass exports by'
]) {
  test(scenario, () => passes('pool.js', scenario))
}
