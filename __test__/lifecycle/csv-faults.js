'use strict'

// Exports that come to grief, by the hundred: see csv-faults.test.js. After each scenario the process is as it was: no
// job, no handle, no listener, no file, and as much memory. Needs --expose-gc.

const assert = require('node:assert/strict')
const { getEventListeners } = require('node:events')
const { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Readable, Writable } = require('node:stream')
const { finished, pipeline } = require('node:stream/promises')
const { setTimeout: sleep } = require('node:timers/promises')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
const { createCsvTransform, exportCsv, exportCsvFile, exportCsvStream, poolStats } = require('../..')
const { program } = require('../support/children.js')
const { holdsOnly } = require('../support/folder.js')
const { eventually, idle, outcome } = require('../support/pool.js')

const MIB = 1 << 20
const boom = new Error('boom')
const row = (id) => ({ id, name: `name, "${id}"`, at: new Date(id * 1e6), text: 'x'.repeat(60) })
const ROWS = Array.from({ length: 30_000 }, (_, id) => row(id))

/** A small generator of pseudo-random numbers (Park and Miller's), so that a failure can be had again. */
function random(seed) {
  return (below) => {
    seed = seed * 48_271 % 2_147_483_647
    return seed % below
  }
}

// ---- the process before and after ------------------------------------------------------------------

/** What is open: libuv's handles, and whatever else would keep the process alive. */
function open() {
  return [process._getActiveHandles().length, ...process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate').sort()]
}

async function used() {
  await idle()
  for (let i = 0; i < 4; i++) {
    global.gc()
    // Finalizers have the addon free its own share, a turn later.
    await sleep(20)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { js: heapUsed + external, rss: rss - poolStats().memory.idle }
}

/**
 * Runs it twice, as a warm-up and as the test.
 * @param {(directory: string, round: number) => Promise<void>} scenario
 */
async function leavesNothing(scenario) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'offloop-csv-faults-'))
  const warnings = []
  process.on('warning', (warning) => warnings.push(warning))
  try {
    await scenario(directory, 1)
    const before = { open: await settled(), ...(await used()) }
    await scenario(directory, 2)
    const after = { open: await settled(), ...(await used()) }
    await holdsOnly(directory, [])
    assert.deepEqual(after.open, before.open)
    const grown = { js: (after.js - before.js) / MIB, rss: (after.rss - before.rss) / MIB }
    if (process.env.OFFLOOP_SHOW_MEMORY) console.error(grown)
    assert.ok(grown.js < 2, `heap and external grew by ${grown.js.toFixed(1)} MiB`)
    assert.ok(grown.rss < 64, `RSS grew by ${grown.rss.toFixed(1)} MiB`)
    // Whoever lost a listener loses many here, and Node.js warns of them.
    assert.deepEqual(warnings, [])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function settled() {
  await idle()
  await sleep(50)
  return open()
}

// ---- sources and destinations ----------------------------------------------------------------------

/** Rows that fail at one of them, by every kind of source; `closed` counts the ends that the source was told of. */
const FAILING = {
  array: (at) => Object.defineProperty(ROWS.slice(), at, { get() { throw boom } }),
  'array of getters': (at) => ROWS.map((one, index) => (index === at ? { ...one, get name() { throw boom } } : one)),
  generator: (at) => failing(at),
  'async generator': (at) => failingLater(at),
  iterator: (at) => ({ [Symbol.iterator]: () => { let next = 0; return { next: () => { if (next === at) throw boom; return { done: false, value: ROWS[next++] } } } } }),
  readable: (at) => new Readable({ objectMode: true, highWaterMark: 1, construct(callback) { this.next = 0; callback() }, read() { if (this.next === at) this.destroy(boom); else this.push(ROWS[this.next++]) } }),
  'web stream': (at) => Readable.toWeb(Readable.from(failing(at))),
  columns: (at) => ({ columns: { id: Float64Array.from(ROWS, ({ id }) => id), name: Object.defineProperty(ROWS.map(({ name }) => name), at, { get() { throw boom } }) } })
}
/** Those that give rows ahead may fail before the rows that were given are packed. */
const AHEAD = new Set(['readable', 'web stream'])

function* failing(at) {
  for (let id = 0; ; id++) {
    if (id === at) throw boom
    yield ROWS[id % ROWS.length]
  }
}
async function* failingLater(at) {
  yield* failing(at)
}

/** Rows without an end; `closed` is told of theirs. */
const ENDLESS = {
  generator: (closed) => endless(closed),
  'async generator': async function* (closed) { yield* endless(closed) },
  readable: (closed) => Readable.from(endless(closed)),
  'slow generator': async function* (closed) {
    for (const one of endless(closed)) {
      if (one.id % 500 === 0) await sleep(1)
      yield one
    }
  }
}
function* endless(closed) {
  try {
    for (let id = 0; ; id++) yield row(id)
  } finally {
    closed()
  }
}

/** Every destination, reading all of it; rejects with what the export rejects with. */
const DESTINATIONS = {
  buffer: (rows, options) => exportCsv(rows, options),
  file: (rows, options, file) => exportCsvFile(rows, file, options),
  stream: async (rows, options) => {
    const stream = exportCsvStream(rows, options)
    stream.on('error', () => {}).resume()
    await finished(stream)
    return stream.summary
  },
  transform: async (rows, options) => {
    const transform = createCsvTransform(options)
    const source = rows instanceof Readable ? rows : Readable.from(rows)
    await pipeline(source, transform, new Writable({ write: (_, __, callback) => callback() }))
    return transform.summary
  }
}
const OUTPUTS = [{}, { compress: 'gzip' }, { compress: 'zstd' }, { verify: true }, { encoding: 'utf16le', dialect: 'excel' }]

// ---- scenarios -------------------------------------------------------------------------------------

/** An export of about so many bytes, in a folder with less room: whole, or not there. */
async function intoLittleRoom(directory, bytes, options, codes) {
  const file = path.join(directory, 'x.csv')
  const precious = existsSync(file) ? readFileSync(file) : undefined
  let closed = 0
  const rows = (function* () {
    try {
      // Digits that do not compress.
      for (let left = bytes, id = 1; left > 0; left -= 101) yield { text: Array.from({ length: 6 }, () => Math.sin(id++).toFixed(15).slice(-15)).join('') + 'abcdefgh' }
    } finally {
      closed++
    }
  })()
  const { value, error } = await outcome(exportCsvFile(rows, file, options))
  await eventually(() => closed === 1, 'the end of the source')
  await eventually(() => readdirSync(directory).every((name) => name === 'x.csv'), 'a folder without temporary files')
  if (error === undefined) {
    assert.equal(statSync(file).size, value.bytes)
    return true
  }
  assert.deepEqual([error.name, error.code], ['OffloopError', 'ERR_IO'], error.stack)
  assert.ok(codes.includes(error.cause.code), error.cause.code)
  assert.ok(error.message.includes(file), error.message)
  if (precious === undefined) assert.equal(existsSync(file), false)
  else assert.ok(readFileSync(file).equals(precious), 'what was there')
  return false
}

const scenarios = {
  async 'no room'(directory, limit, ...codes) {
    const room = Number(limit)
    await exportCsvFile(ROWS.slice(0, 10), path.join(directory, 'x.csv'))
    rmSync(path.join(directory, 'x.csv'))
    const free = () => statfsSync(directory).bfree
    const [before, opened] = [free(), await settled()]
    const counts = { written: 0, failed: 0 }
    for (const options of [{}, { compress: { gzip: 0 } }, { verify: true }, { encoding: 'utf16le' }]) {
      const wide = options.encoding === undefined ? 1 : 2
      // Far more than there is room for, and about as much: the last bytes fail later than others.
      for (const share of [0.5, 0.96, 0.999, 1.001, 1.01, 1.1, 2, 8]) {
        for (const precious of [false, true]) {
          if (precious) writeFileSync(path.join(directory, 'x.csv'), 'precious')
          counts[(await intoLittleRoom(directory, room * share / wide, options, codes)) ? 'written' : 'failed']++
          rmSync(path.join(directory, 'x.csv'), { force: true })
        }
      }
    }
    assert.ok(counts.written >= 8 && counts.failed >= 8, JSON.stringify(counts))
    // Blocks of a file that is still open would be missing; other programs may write to the same disk.
    if (codes[0] === 'ENOSPC') assert.equal(free(), before)
    assert.deepEqual(await settled(), opened)
  },

  'sources that fail': () => leavesNothing(async (directory) => {
    for (const at of [0, 1, 63, 64, 256, 511, 4097, 29_999]) {
      for (const [kind, source] of Object.entries(FAILING)) {
        for (const [destination, run] of Object.entries(DESTINATIONS)) {
          // What is written to a transform is read by somebody else; columns are no rows.
          if (destination === 'transform' && (kind === 'columns' || kind === 'web stream')) continue
          const { error } = await outcome(run(source(at), {}, path.join(directory, 'x.csv')))
          const place = `${kind} at ${at} to a ${destination}`
          if (destination === 'transform') {
            // The pipeline's source fails, not the export; but for the getters.
            assert.ok(error === boom || (error.cause === boom && error.row === at), place)
            continue
          }
          assert.equal(error.cause, boom, `${place}: ${error.stack}`)
          assert.match(error.code, /^ERR_CSV_(?:SOURCE|VALUE)$/)
          assert.ok(AHEAD.has(kind) ? error.row <= at : error.row === at, `${place}: row ${error.row}`)
        }
      }
    }
    await holdsOnly(directory, [])
  }),

  'readers that go away': () => leavesNothing(async (directory, round) => {
    const pick = random(round)
    for (let time = 0; time < 240; time++) {
      const sources = Object.values(ENDLESS)
      let closed = 0
      const rows = sources[time % sources.length](() => closed++)
      const options = OUTPUTS[time % OUTPUTS.length]
      const isTransform = pick(2) === 0
      const output = isTransform ? createCsvTransform(options) : exportCsvStream(rows, options)
      let left = pick(6)
      const ways = [
        (_, callback) => callback(boom),
        (reader) => reader.destroy(),
        (reader) => reader.destroy(boom),
        () => output.destroy(),
        () => output.destroy(boom)
      ]
      const way = ways[pick(ways.length)]
      const reader = new Writable({
        write(_chunk, _encoding, callback) {
          if (left-- > 0) setImmediate(callback)
          else way(this, callback)
        }
      })
      const stages = isTransform ? [rows instanceof Readable ? rows : Readable.from(rows), output, reader] : [output, reader]
      const [{ error }, summary] = await Promise.all([outcome(pipeline(stages)), outcome(output.summary)])
      assert.ok(error === boom || error.code === 'ERR_STREAM_PREMATURE_CLOSE' || error.code === 'ABORT_ERR', error.stack)
      assert.ok(summary.error instanceof Error)
      await eventually(() => closed === 1, 'the end of the source')
    }
    await holdsOnly(directory, [])
  }),

  'aborts at random moments': () => leavesNothing(async (directory, round) => {
    const pick = random(100 + round)
    const counts = { done: 0, aborted: 0 }
    const one = async (number) => {
      for (let time = 0; time < 40; time++) {
        const controller = new AbortController()
        const { signal } = controller
        let closed = 0
        const few = pick(3) === 0
        const kinds = Object.values(ENDLESS)
        const rows = few ? ROWS.slice(0, pick(3000)) : kinds[pick(kinds.length)](() => closed++)
        const destinations = Object.values(DESTINATIONS)
        const file = path.join(directory, `${number}.csv`)
        const job = outcome(destinations[pick(destinations.length)](rows, { ...OUTPUTS[pick(OUTPUTS.length)], signal }, file))
        const moment = pick(30)
        if (moment === 0) controller.abort(boom)
        else if (moment === 1) queueMicrotask(() => controller.abort(boom))
        else if (moment === 2) setImmediate(() => controller.abort(boom))
        else setTimeout(() => controller.abort(boom), moment - 2)
        const { error } = await job
        if (error !== undefined) assert.equal(error, boom, error.stack)
        counts[error === undefined ? 'done' : 'aborted']++
        assert.deepEqual(getEventListeners(signal, 'abort'), [])
        // A generator that never began has nothing to end.
        assert.ok(closed <= 1)
        rmSync(file, { force: true })
      }
    }
    await Promise.all(Array.from({ length: 12 }, (_, number) => one(number)))
    assert.ok(counts.aborted > 100, JSON.stringify(counts))
    await idle()
    // An abort that came as a file was renamed finds it there.
    await eventually(() => readdirSync(directory).every((name) => /^\d+\.csv$/.test(name)), 'a folder without temporary files')
    for (const name of readdirSync(directory)) rmSync(path.join(directory, name))
  }),

  'workers that are terminated': () => leavesNothing(async (directory, round) => {
    const kinds = Object.keys(BUSY)
    const pick = random(7 * round)
    for (let time = 0; time < 10; time++) {
      await Promise.all([0, 1, 2, 3].map(async (one) => {
        const kind = kinds[(time * 4 + one) % kinds.length]
        const worker = new Worker(__filename, { workerData: { kind, file: path.join(directory, `${one}.csv`) } })
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
        await sleep(pick(30))
        await worker.terminate()
      }))
    }
    // The pool is as good as new.
    assert.equal((await exportCsv([{ a: 1 }])).toString(), 'a\r\n1\r\n')
    await holdsOnly(directory, [])
  }),

  async 'a transform that nobody uses'() {
    createCsvTransform()
    createCsvTransform({ timeoutMs: 1e9, signal: new AbortController().signal })
  }
}

// ---- in a worker -----------------------------------------------------------------------------------

/** Exports without an end, each of one kind. */
const BUSY = {
  stream: () => DESTINATIONS.stream(endless(() => {}), {}),
  'stream that nobody reads': () => exportCsvStream(endless(() => {})).summary,
  'slow stream': () => DESTINATIONS.stream(ENDLESS['slow generator'](() => {}), { compress: 'gzip' }),
  transform: () => DESTINATIONS.transform(endless(() => {}), {}),
  'compressed file': (file) => exportCsvFile(endless(() => {}), file, { compress: 'gzip' }),
  'file by zstd': (file) => exportCsvFile(endless(() => {}), file, { compress: { zstd: 12 }, verify: true }),
  'small ones': async () => {
    for (;;) await exportCsv(ROWS.slice(0, 50))
  },
  columns: () => exportCsv({ columns: { a: new Float64Array(2e6), b: new BigInt64Array(2e6) } }).then(BUSY.columns)
}

if (isMainThread) {
  program(scenarios)
} else {
  BUSY[workerData.kind](workerData.file)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort.postMessage('busy')
}
