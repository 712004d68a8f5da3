'use strict'

// configurePool, poolStats, drainPool. The documentation stands in index.d.ts.

const check = require('./check.js')
const { bridge, drain, errorOf } = require('./native.js')

// The bounds of src/pool/options.rs.
const MOST_THREADS = 1024
const MOST_QUEUED = 1 << 24
const LEAST_MEMORY = 1 << 20
const MOST_LANES = 8

/** @param {unknown} options */
function configurePool(options) {
  if (options === undefined) throw check.typeError('options', 'an object', options)
  const copy = check.options('options', options, ['threads', 'maxQueue', 'memoryBytes', 'niceness', 'bcryptLanes'])
  const maxQueue =
    typeof copy.maxQueue === 'number'
      ? { interactive: copy.maxQueue, bulk: copy.maxQueue }
      : check.options('options.maxQueue', copy.maxQueue, ['interactive', 'bulk'])
  const niceness = check.options('options.niceness', copy.niceness, ['interactive', 'bulk'])
  /** @type {(name: string, value: unknown) => number | undefined} */
  const most = (name, value) => check.integer(`options.${name}`, value, 1, MOST_QUEUED, undefined)
  /** @type {(name: string, value: unknown) => number | undefined} */
  const nice = (name, value) => check.integer(`options.${name}`, value, 0, 20, undefined)
  const failure = bridge.configure({
    threads: check.integer('options.threads', copy.threads, 1, MOST_THREADS, undefined),
    memoryBytes: check.integer('options.memoryBytes', copy.memoryBytes, LEAST_MEMORY, 2 ** 43, undefined),
    maxQueueInteractive: most('maxQueue.interactive', maxQueue.interactive),
    maxQueueBulk: most('maxQueue.bulk', maxQueue.bulk),
    nicenessInteractive: nice('niceness.interactive', niceness.interactive),
    nicenessBulk: nice('niceness.bulk', niceness.bulk),
    bcryptLanes: bcryptLanes(copy.bcryptLanes)
  })
  if (failure !== null && failure !== undefined) throw errorOf(failure)
}

/** @param {unknown} value */
function bcryptLanes(value) {
  return value === 'auto' ? 0 : check.integer('options.bcryptLanes', value, 1, MOST_LANES, undefined)
}

function poolStats() {
  return bridge.stats()
}

/** @param {unknown} [options] */
async function drainPool(options) {
  const copy = check.options('options', options, ['timeoutMs'])
  await drain(check.number('options.timeoutMs', copy.timeoutMs, 0, Number.MAX_SAFE_INTEGER, -1))
}

module.exports = { configurePool, poolStats, drainPool }
