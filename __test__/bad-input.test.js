'use strict'

// Every argument of every function, given what it is not. A refusal has a class, a code and a message that
// names the argument; and it leaves nothing: no job, no file, no handle. (The runner waits for this file's
// process to exit by itself.)

const assert = require('node:assert/strict')
const { mkdirSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, test } = require('node:test')
const { OffloopError, configurePool, createCsvTransform, drainPool, exportCsv, exportCsvFile, exportCsvStream, hashPassword, poolStats, verifyPassword } = require('..')
const bad = require('./support/bad-values.js')
const { folder, holdsOnly } = require('./support/folder.js')
const { CHEAP, idle } = require('./support/pool.js')
const { each, refuses } = require('./support/refusals.js')

const { boom, revoked, hostile, detached } = bad
const HASH = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
const ROWS = [{ a: 1 }]

const before = poolStats()

after(async () => {
  await idle()
  const { interactive, bulk } = poolStats()
  // What is refused for its arguments never reaches the pool.
  assert.deepEqual([interactive.refused, bulk.refused], [before.interactive.refused, before.bulk.refused])
})

/** Options that every job takes, wrong ones. */
function jobRows(call) {
  return [
    ...each('signal', bad.NO_SIGNALS, (signal) => call({ signal }), /options\.signal/),
    ...each('timeoutMs', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS }, (timeoutMs) => call({ timeoutMs }), /options\.timeoutMs/),
    ...each('priority', bad.NO_NAMES, (priority) => call({ priority }), /options\.priority/)
  ]
}

/** Options at large, wrong ones. */
function optionRows(call, names) {
  return [
    ...each('options', bad.NO_OBJECTS, call, /options/),
    ['an unknown option', () => call({ nonsense: 1 }), /options\.nonsense/],
    ['an unknown option that is undefined', () => call({ nonsense: undefined }), /options\.nonsense/],
    ['an option of Object.prototype', () => call({ toString: 1 }), /options\.toString/],
    ['an own __proto__', () => call(JSON.parse('{"__proto__":1}')), /options\.__proto__/],
    ['an option in another case', () => call({ [names[0].toUpperCase()]: 1 }), /options\./],
    ...names.map((name) => [`a getter of ${name} that throws`, () => call({ get [name]() { throw boom } }), new RegExp(`options\\.${name}`)])
  ]
}

const POLICY_ROWS = (call) => [
  ...each('policy', bad.NO_OBJECTS, (policy) => call({ policy }), /options\.policy/),
  ...each('policy.algorithm', { ...bad.NO_NAMES, undefined: () => undefined, 'scrypt, which is only verified': () => 'scrypt' }, (algorithm) => call({ policy: { algorithm } }), /options\.policy\.algorithm/),
  ...['memoryKiB', 'passes', 'lanes', 'hashLength'].flatMap((name) =>
    each(`policy.${name}`, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 0: () => 0, '-0': () => -0, '2 ** 32': () => 2 ** 32 }, (value) => call({ policy: { algorithm: 'argon2id', [name]: value } }), new RegExp(`options\\.policy\\.${name}`))
  ),
  ...each('policy.cost', { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 3: () => 3, 32: () => 32, '-0': () => -0 }, (cost) => call({ policy: { algorithm: 'bcrypt', cost } }), /options\.policy\.cost/),
  ...each('policy.longPassword', bad.NO_NAMES, (longPassword) => call({ policy: { algorithm: 'bcrypt', longPassword } }), /options\.policy\.longPassword/),
  ['less than 8 KiB a lane', () => call({ policy: { algorithm: 'argon2id', memoryKiB: 31, lanes: 4 } }), /options\.policy\.memoryKiB/],
  ['a cost for argon2', () => call({ policy: { algorithm: 'argon2id', cost: 10 } }), /options\.policy\.cost/],
  ['memory for bcrypt', () => call({ policy: { algorithm: 'bcrypt', memoryKiB: 8 } }), /options\.policy\.memoryKiB/],
  ['an unknown name in the policy', () => call({ policy: { ...CHEAP, memory: 8 } }), /options\.policy\.memory/],
  ['a getter in the policy', () => call({ policy: { get algorithm() { throw boom } } }), /options\.policy\.algorithm/]
]

const PASSWORDS = { ...bad.NO_BYTES, undefined: () => undefined, true: () => true, 'an ArrayBuffer': () => new ArrayBuffer(8), 'over 1 MiB of text': () => 'é'.repeat(524_289), 'over 1 MiB of bytes': () => new Uint8Array(1_048_577) }

const hash = (options) => hashPassword('x', options)
refuses('hashPassword: password', each('password', PASSWORDS, (password) => hashPassword(password, { policy: CHEAP }), /password/))
refuses('hashPassword: options', optionRows(hash, ['policy', 'salt', 'associatedData', 'pepper', 'signal', 'timeoutMs', 'priority']))
refuses('hashPassword: job options', jobRows(hash))
refuses('hashPassword: policy', POLICY_ROWS(hash))
refuses('hashPassword: salt', [
  ...each('salt for argon2', { ...bad.NO_BYTES, 'a string': () => 'somesalt', empty: () => new Uint8Array(0), 'too short': () => new Uint8Array(7), 'too long': () => new Uint8Array(1025) }, (salt) => hash({ policy: CHEAP, salt }), /options\.salt/),
  ...each('salt for bcrypt', { 15: () => new Uint8Array(15), 17: () => new Uint8Array(17) }, (salt) => hash({ policy: { algorithm: 'bcrypt', cost: 4 }, salt }), /options\.salt/)
])
refuses('hashPassword: associated data', each('associatedData', { ...bad.NO_BYTES, 'a string': () => 'data', 'too long': () => new Uint8Array(1025) }, (associatedData) => hash({ policy: CHEAP, associatedData }), /options\.associatedData/))

const verify = (options) => verifyPassword('x', HASH, options)
refuses('verifyPassword: password', each('password', PASSWORDS, (password) => verifyPassword(password, HASH), /password/))
refuses('verifyPassword: hash', each('hash', { 'a number': () => 5, NaN: () => NaN, 'a BigInt': () => 5n, true: () => true, 'a symbol': () => Symbol('s'), 'an object': () => ({}), 'an array': () => [HASH], 'a Buffer': () => Buffer.from(HASH), 'a String': () => Object(HASH), 'a revoked proxy': () => revoked(), 'a promise': () => Promise.resolve(HASH) }, (stored) => verifyPassword('x', stored), /hash/))
refuses('verifyPassword: options', optionRows(verify, ['policy', 'limits', 'associatedData', 'pepper', 'signal', 'timeoutMs', 'priority']))
refuses('verifyPassword: job options', jobRows(verify))
refuses('verifyPassword: policy', POLICY_ROWS(verify))
refuses('verifyPassword: limits', [
  ...each('limits', bad.NO_OBJECTS, (limits) => verify({ limits }), /options\.limits/),
  ...['memoryKiB', 'passes', 'lanes', 'bcryptCost', 'pbkdf2Iterations', 'scryptMemoryKiB', 'scryptParallelism'].flatMap((name) =>
    each(`limits.${name}`, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 0: () => 0, '2 ** 32': () => 2 ** 32 }, (value) => verify({ limits: { [name]: value } }), new RegExp(`options\\.limits\\.${name}`))
  ),
  ['an unknown limit', () => verify({ limits: { iterations: 1 } }), /options\.limits\.iterations/],
  ['a salt', () => verify({ salt: new Uint8Array(16) }), /options\.salt/]
])

const { path: file, kept } = { path: path.join(os.tmpdir(), `offloop-never-written-${process.pid}`, 'x.csv'), kept: [] }
const EXPORTS = {
  exportCsv: (rows, options) => exportCsv(rows, options),
  exportCsvFile: (rows, options) => exportCsvFile(rows, file, options),
  exportCsvStream: (rows, options) => kept.push(exportCsvStream(rows, options)),
  createCsvTransform: (_, options) => kept.push(createCsvTransform(options))
}
const SOURCES = { undefined: () => undefined, null: () => null, 'a number': () => 5, NaN: () => NaN, 'a BigInt': () => 5n, true: () => true, 'a string': () => 'a,b', 'a symbol': () => Symbol('s'), 'a function': () => () => ROWS, 'an object': () => ({}), 'an array-like': () => ({ length: 0 }), 'a revoked proxy': () => revoked(), 'a revoked proxy of an array': () => revoked([]), 'a proxy whose traps throw': () => hostile(), 'columns that are none': () => ({ columns: [1] }), 'columns that are null': () => ({ columns: null }), 'an iterable whose getter throws': () => ({ get [Symbol.iterator]() { throw boom } }), 'a byte stream': () => new (require('node:stream').Readable)({ read() {} }) }

for (const [name, call] of Object.entries(EXPORTS)) {
  const throws = name === 'exportCsvStream' || name === 'createCsvTransform'
  const ask = (options) => call(ROWS, options)
  if (name !== 'createCsvTransform') refuses(`${name}: rows`, each('rows', SOURCES, (rows) => call(rows, {}), /rows/), { throws })
  refuses(`${name}: options`, optionRows(ask, ['columns', 'header', 'dialect', 'delimiter', 'quote', 'escape', 'lineEnding', 'bom', 'quoting', 'encoding', 'replacement', 'format', 'formulas', 'compress', 'verify', 'maxBlockMs', 'onProgress', 'signal', 'timeoutMs', 'priority']), { throws })
  // A signal that looks right and cannot be listened to shows only when a job is there; a small exportCsv is none.
  const jobs = jobRows(ask).filter(([what]) => name === 'exportCsvFile' || !what.includes('cannot be listened to'))
  refuses(`${name}: job options`, jobs, { throws })
  refuses(`${name}: its own options`, [
    ...each('columns', { ...bad.NO_OBJECTS, 'an object': () => ({}), 'a Set': () => new Set(['a']), 'an array': () => [], 'columns that are none': () => [5], 'a hole': () => Object.assign([], { 1: 'a' }), 'too many': () => Array.from({ length: 65_537 }, () => 'a'), 'a length beyond memory': () => Object.assign([], { length: 2 ** 32 - 1 }), 'an array whose getter throws': () => Object.defineProperty(['a', 'b'], 1, { get() { throw boom } }) }, (columns) => ask({ columns }), /options\.columns/),
    ...each('a column', Object.fromEntries(Object.entries(bad.NO_OBJECTS).filter(([what]) => !what.includes('string'))), (column) => ask({ columns: ['a', column] }), /options\.columns\[1\]/),
    ...['key', 'header'].flatMap((option) => each(`a column's ${option}`, bad.NO_NUMBERS, (value) => ask({ columns: [{ key: 'a', [option]: typeof value === 'string' ? 5 : value }] }), new RegExp(`options\\.columns\\[0\\]\\.${option}`))),
    ...each("a column's value", { null: () => null, 'a string': () => 'x', 'an object': () => ({}), 'a revoked proxy': () => revoked() }, (value) => ask({ columns: [{ key: 'a', value }] }), /options\.columns\[0\]\.value/),
    ['a column with an unknown option', () => ask({ columns: [{ key: 'a', type: 'date' }] }), /options\.columns\[0\]\.type/],
    ['a column whose getter throws', () => ask({ columns: [{ get key() { throw boom } }] }), /options\.columns\[0\]\.key/],
    ...each('header', bad.NO_BOOLEANS, (header) => ask({ header }), /options\.header/),
    ...each('bom', bad.NO_BOOLEANS, (bom) => ask({ bom }), /options\.bom/),
    ...each('delimiter', { null: () => null, 'a number': () => 44, empty: () => '', quote: () => '"', CR: () => '\r', LF: () => '\n', 'half a character': () => '\ud83d', 'a symbol': () => Symbol(','), huge: () => ','.repeat(1e6), 'a String': () => Object(',') }, (delimiter) => ask({ delimiter }), /options\.delimiter/),
    ...each('lineEnding', { ...bad.NO_NAMES, CR: () => '\r' }, (lineEnding) => ask({ lineEnding }), /options\.lineEnding/),
    ...each('maxBlockMs', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS, 0: () => 0, '-0': () => -0, 'the least number': () => 5e-324, 1001: () => 1001 }, (maxBlockMs) => ask({ maxBlockMs }), /options\.maxBlockMs/),
    ...each('onProgress', { null: () => null, 'a number': () => 1, 'a string': () => 'x', 'an object': () => ({}), 'a revoked proxy': () => revoked() }, (onProgress) => ask({ onProgress }), /options\.onProgress/),
    // The rest is looked at in csv-options.test.js.
    ...['dialect', 'quote', 'escape', 'quoting', 'encoding', 'replacement', 'format', 'formulas', 'compress', 'verify'].map((option) => [option, () => ask({ [option]: 5 }), new RegExp(`options\\.${option}`)])
  ], { throws })
}

test('a stream refuses a signal that cannot be listened to, by its error', async () => {
  const signal = bad.NO_SIGNALS['a signal that cannot be listened to']()
  const stream = exportCsvStream(ROWS, { signal })
  await assert.rejects(stream.toArray(), { code: 'ERR_INVALID_ARG', message: /options\.signal/ })
  await assert.rejects(stream.summary, { code: 'ERR_INVALID_ARG' })
  await idle()
})

refuses('exportCsvFile: path', each('path', { undefined: () => undefined, null: () => null, 'a number': () => 5, 'an object': () => ({}), 'an empty string': () => '', 'a NUL': () => 'a\0b', 'a Buffer': () => Buffer.from('x.csv'), 'a URL': () => new URL('file:///x.csv'), 'a symbol': () => Symbol('x'), 'a revoked proxy': () => revoked(), 'a String': () => Object('x.csv') }, (value) => exportCsvFile(ROWS, value), /path/))

test('a refused export leaves its source untouched', async () => {
  let touched = 0
  const source = { [Symbol.iterator]() { touched++; return [][Symbol.iterator]() } }
  for (const options of [{ nonsense: 1 }, { signal: AbortSignal.abort() }, { maxBlockMs: -1 }]) {
    await assert.rejects(exportCsv(source, options))
    await assert.rejects(exportCsvFile(source, file, options))
  }
  assert.equal(touched, 0)
})

test('paths that cannot be written', async (t) => {
  const directory = folder(t)
  mkdirSync(path.join(directory, 'folder'))
  writeFileSync(path.join(directory, 'file'), 'precious')
  for (const [where, code] of [
    [path.join(directory, 'missing', 'x.csv'), 'ENOENT'],
    [path.join(directory, 'folder'), 'EISDIR'],
    [directory, 'EISDIR'],
    [path.join(directory, 'file', 'x.csv'), 'ENOTDIR'],
    [path.join(directory, 'x'.repeat(300)), 'ENAMETOOLONG'],
    ['/proc/offloop.csv', undefined]
  ]) {
    for (const rows of [[], ROWS, Array.from({ length: 20_000 }, () => ({ a: 'x'.repeat(100) }))]) {
      let returned = 0
      const source = (function* () {
        try {
          yield* rows
          yield* rows
        } finally {
          returned++
        }
      })()
      await assert.rejects(exportCsvFile(source, where), (error) => {
        assert.ok(error instanceof OffloopError, String(error))
        assert.equal(error.code, 'ERR_IO')
        assert.ok(error.message.includes(where), error.message)
        assert.ok(error.cause instanceof Error)
        assert.equal(typeof error.cause.code, 'string')
        if (code !== undefined) assert.equal(error.cause.code, code)
        return true
      })
      assert.ok(returned <= 1)
    }
  }
  await holdsOnly(directory, ['file', 'folder'])
})

test('rows that are none', async (t) => {
  const directory = folder(t)
  for (const [name, row] of Object.entries({ undefined, null: null, number: 5, NaN, string: 'a,b', BigInt: 5n, symbol: Symbol('s'), function: () => ROWS[0], promise: Promise.resolve({}), revoked: revoked(), hostile: hostile(), revokedArray: revoked([]) })) {
    for (const [at, rows] of [[0, [row]], [1, [{ a: 1 }, row]]]) {
      if (name === 'promise' && at === 1) continue
      for (const call of [() => exportCsv(rows), () => exportCsv(rows.values(), { columns: ['a'] }), () => exportCsvFile(rows, path.join(directory, 'x.csv'))]) {
        await assert.rejects(call(), (error) => {
          if (name === 'promise' && error === undefined) return true
          assert.ok(error instanceof OffloopError, `${name}: ${error}`)
          assert.ok(['ERR_CSV_SOURCE', 'ERR_CSV_VALUE'].includes(error.code), error.code)
          assert.equal(error.row, at)
          return true
        }, `${name} at ${at}`)
      }
    }
  }
  await holdsOnly(directory, [])
})

test('iterators that are none', async () => {
  for (const [name, iterator] of Object.entries({
    'no object': () => 5,
    'no next': () => ({}),
    'throws at once': () => { throw boom },
    'next answers no object': () => ({ next: () => 5 }),
    'next answers nothing': () => ({ next: () => undefined }),
    'next throws': () => ({ next: () => { throw boom } }),
    'done throws': () => ({ next: () => ({ get done() { throw boom } }) }),
    'value throws': () => ({ next: () => ({ get value() { throw boom } }) }),
    'a revoked proxy': () => revoked(),
    'next answers a revoked proxy': () => ({ next: () => revoked() })
  })) {
    for (const symbol of [Symbol.iterator, Symbol.asyncIterator]) {
      for (const columns of [undefined, ['a']]) {
        await assert.rejects(exportCsv({ [symbol]: iterator }, { columns }), (error) => {
          assert.ok(error instanceof OffloopError, `${name}: ${error}`)
          assert.deepEqual([error.code, error.row], ['ERR_CSV_SOURCE', 0])
          return true
        })
      }
    }
  }
  const rejecting = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(boom), return: () => Promise.reject(boom) }) }
  await assert.rejects(exportCsv(rejecting), { code: 'ERR_CSV_SOURCE', cause: boom })
  const badReturn = { [Symbol.iterator]: () => ({ next: () => ({ value: 5 }), return() { throw boom } }) }
  await assert.rejects(exportCsv(badReturn), { code: 'ERR_CSV_SOURCE', row: 0 })
})

const POOL = { threads: [0, 1025], memoryBytes: [0, 1000] }
refuses('configurePool', [
  ...each('options', { ...bad.NO_OBJECTS, undefined: () => undefined }, configurePool, /options/),
  ['an unknown option', () => configurePool({ size: 4 }), /options\.size/],
  ...Object.entries(POOL).flatMap(([name, values]) => each(name, { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, '-0': () => -0, ...Object.fromEntries(values.map((value) => [value, () => value])) }, (value) => configurePool({ [name]: value }), new RegExp(`options\\.${name}`))),
  ...each('maxQueue', { ...bad.NO_OBJECTS, ...bad.NO_INTEGERS, 'a number': () => 0, '-0': () => -0 }, (maxQueue) => configurePool({ maxQueue }), /options\.maxQueue/),
  ...each('maxQueue.bulk', { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 0: () => 0 }, (bulk) => configurePool({ maxQueue: { bulk } }), /options\.maxQueue\.bulk/),
  ['maxQueue of an unknown lane', () => configurePool({ maxQueue: { batch: 1 } }), /options\.maxQueue\.batch/],
  ...each('niceness', bad.NO_OBJECTS, (niceness) => configurePool({ niceness }), /options\.niceness/),
  ...each('niceness.interactive', { ...bad.NO_NUMBERS, ...bad.NO_INTEGERS, 21: () => 21 }, (interactive) => configurePool({ niceness: { interactive } }), /options\.niceness\.interactive/),
  ['a getter that throws', () => configurePool({ get threads() { throw boom } }), /options\.threads/]
], { throws: true })

test('configurePool that refuses one setting changes none', () => {
  const { threads, memory } = poolStats()
  assert.throws(() => configurePool({ memoryBytes: 1 << 30, threads: 0 }), RangeError)
  assert.throws(() => configurePool({ memoryBytes: 1 << 30, maxQueue: { bulk: 0 } }), RangeError)
  assert.deepEqual([poolStats().threads, poolStats().memory.budget], [threads, memory.budget])
})

refuses('drainPool', [
  ...each('options', bad.NO_OBJECTS, drainPool, /options/),
  ...each('timeoutMs', { ...bad.NO_NUMBERS, ...bad.NO_COUNTS }, (timeoutMs) => drainPool({ timeoutMs }), /options\.timeoutMs/),
  ['an unknown option', () => drainPool({ timeout: 5 }), /options\.timeout/]
])

test('a drainPool that was refused has drained nothing', async () => {
  assert.equal(await verifyPassword('password', HASH), true)
})

test('options are read once each, and a getter cannot change the bytes after they were checked', async () => {
  const counts = {}
  const options = new Proxy({ policy: CHEAP, timeoutMs: 60_000, priority: 'bulk' }, {
    get(target, key) {
      counts[key] = (counts[key] ?? 0) + 1
      return target[key]
    }
  })
  await hashPassword('x', options)
  assert.deepEqual(Object.entries(counts).filter(([, times]) => times !== 1), [])
  assert.ok(['policy', 'timeoutMs', 'priority'].every((name) => name in counts), JSON.stringify(counts))

  const password = new Uint8Array(16)
  const detaching = { get policy() { structuredClone(password.buffer, { transfer: [password.buffer] }); return CHEAP } }
  await assert.rejects(hashPassword(password, detaching), { code: 'ERR_INVALID_ARG', message: /password/ })
  const salt = detached()
  await assert.rejects(hashPassword('x', { policy: CHEAP, salt }), { code: 'ERR_INVALID_ARG', message: /salt/ })
})

test('a view without memory is no empty password', async () => {
  const empty = await hashPassword('', { policy: CHEAP })
  for (const password of [detached(), bad.outOfBounds(2, 8), bad.outOfBounds(8)]) {
    await assert.rejects(verifyPassword(password, empty), { name: 'TypeError', code: 'ERR_INVALID_ARG', message: /^password is a view/ })
  }
  assert.equal(await verifyPassword(new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }), 8), empty), true)
})

test('bytes whose properties lie', async () => {
  const password = new Uint8Array([120])
  Object.defineProperties(password, { length: { value: 1e9 }, byteLength: { get() { throw boom } }, buffer: { value: new SharedArrayBuffer(8) }, byteOffset: { value: -5 } })
  assert.equal(await verifyPassword('x', await hashPassword(password, { policy: CHEAP })), true)
})

test('a timeout of -0 is one of 0', async () => {
  await assert.rejects(hashPassword('x', { timeoutMs: -0 }), { code: 'ERR_DEADLINE' })
})
