'use strict'

// tracing:offloop:job:*, as diagnostics_channel's tracing channels are: start and end around the call, and
// asyncStart and asyncEnd, with error before them where there is one, as the job settles.

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { tracingChannel } = require('node:diagnostics_channel')
const { after, test } = require('node:test')
const { exportCsv, exportCsvStream, hashPassword, verifyPassword } = require('..')
const { CHEAP, idle, outcome } = require('./support/pool.js')

const channel = tracingChannel('offloop:job')

after(idle)

/** @param {() => Promise<unknown>} call */
async function traced(call) {
  const events = []
  const subscribers = Object.fromEntries(
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((name) => [name, (message) => events.push([name, message])])
  )
  channel.subscribe(subscribers)
  const settled = await outcome(call()).finally(() => channel.unsubscribe(subscribers))
  return { events, settled, names: events.map(([name]) => name) }
}

const DONE = ['start', 'end', 'asyncStart', 'asyncEnd']
const FAILED = ['start', 'end', 'error', 'asyncStart', 'asyncEnd']

test('a job that ends well', async () => {
  for (const [operation, lane, call] of [
    ['hashPassword', 'interactive', () => hashPassword('secret', { policy: CHEAP })],
    ['hashPassword', 'bulk', () => hashPassword('secret', { policy: CHEAP, priority: 'bulk' })],
    ['verifyPassword', 'interactive', () => verifyPassword('secret', null, { policy: CHEAP })],
    ['exportCsv', 'bulk', () => exportCsv([{ a: 'secret' }])],
    ['exportCsvStream', 'bulk', () => exportCsvStream([{ a: 'secret' }]).toArray()]
  ]) {
    const { events, names } = await traced(call)
    assert.deepEqual(names, DONE, operation)
    for (const [, message] of events) {
      // One context all along, and neither what was asked nor what came of it.
      assert.equal(message, events[0][1])
      assert.deepEqual({ ...message }, { operation, lane })
    }
  }
})

test('a job that fails, is late, is given up or is refused', async () => {
  const controller = new AbortController()
  function* aborting() {
    controller.abort()
    yield { a: 1 }
  }
  for (const [call, code] of [
    [() => exportCsv([{ a: Symbol('s') }]), 'ERR_CSV_VALUE'],
    [() => hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 10 }, timeoutMs: 0 }), 'ERR_DEADLINE'],
    [() => exportCsv(aborting(), { signal: controller.signal }), 20],
    [() => verifyPassword('x', '$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'), 'ERR_COST_LIMIT']
  ]) {
    const { events, names, settled } = await traced(call)
    assert.deepEqual(names, FAILED, `${code}`)
    assert.equal(settled.error.code, code)
    assert.equal(events[2][1].error, settled.error)
  }
})

test('what is refused for its arguments is no job', async () => {
  const { names } = await traced(() => hashPassword(5))
  assert.deepEqual(names, [])
})

test('a store bound to the start channel holds while the job is submitted', async () => {
  const storage = new AsyncLocalStorage()
  channel.start.bindStore(storage, (message) => message.operation)
  let seen
  const subscribers = { end: () => { seen = storage.getStore() } }
  channel.subscribe(subscribers)
  await hashPassword('x', { policy: CHEAP })
  channel.unsubscribe(subscribers)
  channel.start.unbindStore(storage)
  assert.equal(seen, 'hashPassword')
})

test('whoever stops listening while jobs run does no harm', async () => {
  const subscribers = { start() {}, asyncEnd() {} }
  channel.subscribe(subscribers)
  const jobs = Array.from({ length: 20 }, () => verifyPassword('x', null, { policy: CHEAP }))
  channel.unsubscribe(subscribers)
  assert.equal((await Promise.all(jobs)).length, 20)
})
