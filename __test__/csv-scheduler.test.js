'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { Scheduler } = require('../lib/csv/scheduler.js')
const { fakeFacade } = require('./support/csv-session.js')

/** A loop and a clock that only move when told to. */
function fakeLoop() {
  const loop = {
    time: 0,
    turns: [],
    scheduler: new Scheduler(() => loop.time, (turn) => loop.turns.push(turn)),
    /** One turn; the milliseconds that it held the loop. */
    turn() {
      const before = loop.time
      loop.turns.shift()?.()
      return loop.time - before
    }
  }
  return loop
}

/** Works in steps of `step` milliseconds for as long as it may. */
function fakeTask(loop, { maxBlockMs = 4, step = 0.1, log = [], name = '' } = {}) {
  return {
    maxBlockMs,
    ready: true,
    worked: 0,
    run(until) {
      log.push(name)
      do {
        loop.time += step
        this.worked += step
      } while (loop.time < until && this.ready)
    }
  }
}

const near = (actual, expected, slack) => assert.ok(Math.abs(actual - expected) <= slack, `${actual} is not near ${expected}`)

test('twenty exports hold the loop no longer than one, and share it alike', () => {
  const loop = fakeLoop()
  const tasks = Array.from({ length: 20 }, () => fakeTask(loop, { step: 0.05 }))
  for (const task of tasks) loop.scheduler.add(task)
  for (let turn = 0; turn < 100; turn++) {
    assert.equal(loop.turns.length, 1, 'one slice a turn')
    const held = loop.turn()
    assert.ok(held <= 4, `held for ${held}`)
  }
  const worked = tasks.map((task) => task.worked)
  near(Math.min(...worked), Math.max(...worked), 1)
})

test('the least maxBlockMs of all that run is the limit', () => {
  const loop = fakeLoop()
  const waiting = fakeTask(loop, { maxBlockMs: 1 })
  waiting.ready = false
  loop.scheduler.add(fakeTask(loop, { maxBlockMs: 8 }))
  loop.scheduler.add(waiting)
  near(loop.turn(), 0.5, 0.11)
  loop.scheduler.remove(waiting)
  near(loop.turn(), 4, 0.11)
})

test('those that a slow one left no time are first at the next turn', () => {
  const loop = fakeLoop()
  const log = []
  loop.scheduler.add(fakeTask(loop, { log, name: 'slow', step: 50, maxBlockMs: 6 }))
  loop.scheduler.add(fakeTask(loop, { log, name: 'a', step: 1, maxBlockMs: 6 }))
  loop.scheduler.add(fakeTask(loop, { log, name: 'b', step: 1, maxBlockMs: 6 }))
  const turns = []
  for (let turn = 0; turn < 3; turn++) {
    loop.turn()
    turns.push(log.splice(0))
  }
  assert.deepEqual(turns, [['slow'], ['a', 'b', 'slow'], ['a', 'b', 'slow']])
})

test('nothing is scheduled while nothing is to do', () => {
  const loop = fakeLoop()
  const task = fakeTask(loop)
  task.ready = false
  loop.scheduler.add(task)
  assert.equal(loop.turns.length, 0)
  task.ready = true
  loop.scheduler.wake()
  loop.scheduler.wake()
  assert.equal(loop.turns.length, 1)
  loop.turn()
  assert.equal(loop.turns.length, 1)
  task.ready = false
  loop.turn()
  assert.equal(loop.turns.length, 0)
})

test('a clock that jumps back or stands still does not stop the work', () => {
  const loop = fakeLoop()
  const task = fakeTask(loop, { maxBlockMs: 0.1 })
  loop.scheduler.add(task)
  for (let turn = 0; turn < 3; turn++) {
    loop.time -= 1000
    loop.turn()
  }
  near(task.worked, 0.3, 1e-9)
})

test('an export looks at the clock often enough for slow rows', async () => {
  const loop = fakeLoop()
  const { exportCsv, sessions } = fakeFacade({}, loop.scheduler)
  // A row takes 0.5 ms: eight of them fill a slice of four milliseconds.
  const rows = Array.from({ length: 400 }, () => ({
    get slow() {
      loop.time += 0.5
      return 1
    }
  }))
  const done = exportCsv(rows, { columns: ['slow'], header: false })
  const held = []
  while (!sessions[0].finished) held.push(loop.turn())
  await done
  assert.ok(held.every((ms) => ms <= 4), `held for ${held}`)
  assert.equal(sessions[0].rows.length, 400)
})

test('two exports with batches in flight go on side by side', async () => {
  const loop = fakeLoop()
  const { exportCsv, sessions } = fakeFacade({ auto: false, maxPending: 2 }, loop.scheduler)
  const row = {
    get id() {
      loop.time += 0.001
      return 1
    }
  }
  const rows = Array.from({ length: 100_000 }, () => row)
  const done = [exportCsv(rows, { columns: ['id'], header: false }), exportCsv(rows, { columns: ['id'], header: false })]
  while (loop.turns.length > 0) loop.turn()
  assert.deepEqual(sessions.map((session) => session.mostPending), [2, 2], 'stopped at maxPending')
  while (!sessions.every((session) => session.finished && session.pending === 0)) {
    for (const session of sessions) session.answer()
    const held = loop.turn()
    assert.ok(held <= 4, `held for ${held}`)
  }
  await Promise.all(done)
  assert.ok(sessions.every((session) => session.mostPending === 2 && session.rows.length === 100_000))
})
