'use strict'

// Scenarios of how offloop is loaded: see modules.test.js.

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const vm = require('node:vm')
const { program } = require('../support/children.js')

const ROOT = path.join(__dirname, '..', '..')
const CHEAP = { algorithm: 'argon2id', memoryKiB: 8, passes: 1 }

/** One job of each kind. */
async function works({ hashPassword, verifyPassword, exportCsv }) {
  assert.equal(await verifyPassword('x', await hashPassword('x', { policy: CHEAP })), true)
  assert.equal((await exportCsv([{ a: 1 }])).toString(), 'a\r\n1\r\n')
}

program({
  async require() {
    await works(require(ROOT))
  },

  async 'require twice, with the registry emptied in between'() {
    const before = require(ROOT)
    const pending = before.hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 10 } })
    // As Jest does between test files; addons themselves are loaded once a process.
    for (const file of Object.keys(require.cache)) if (file.startsWith(ROOT)) delete require.cache[file]
    const after = require(ROOT)
    assert.notEqual(after.hashPassword, before.hashPassword)
    await Promise.all([works(after), works(before)])
    assert.match(await pending, /^\$2b\$/)
    // The pool is one.
    assert.deepEqual(after.poolStats().interactive, before.poolStats().interactive)
    for (let i = 0; i < 20; i++) {
      for (const file of Object.keys(require.cache)) if (file.startsWith(ROOT)) delete require.cache[file]
      await works(require(ROOT))
    }
    await works(before)
    // A drain is an instance's own.
    await after.drainPool()
    await assert.rejects(after.hashPassword('x'), { code: 'ERR_SHUTDOWN' })
    await works(before)
  },

  async 'in a vm context'() {
    const context = vm.createContext({ require, console })
    const run = vm.runInContext(`(async (root) => {
      const { hashPassword, verifyPassword, exportCsv, exportCsvStream } = require(root)
      const hash = await hashPassword(new Uint8Array([120]), { policy: { algorithm: 'argon2id', memoryKiB: 8, passes: 1 } })
      const rows = [{ a: new Date(0), b: [1], c: new Map(), d: Object.create(null) }, { a: null, b: 5n, c: 'x' }]
      let refused
      try { await hashPassword(new SharedArrayBuffer(5)) } catch (error) { refused = error.code }
      return [await verifyPassword('x', hash), String(await exportCsv(rows)), String(await exportCsv(new Set(rows))), refused]
    })`, context)
    const text = 'a,b,c,d\r\n1970-01-01T00:00:00.000Z,[1],{},{}\r\n,5,x,\r\n'
    assert.deepEqual([...(await run(ROOT))], [true, text, text, 'ERR_INVALID_ARG'])
  },

  async 'without code from strings'() {
    assert.throws(() => new Function('return 1'), EvalError)
    const offloop = require(ROOT)
    await works(offloop)
    const rows = Array.from({ length: 3000 }, (_, id) => ({ id, text: `row ${id}`, at: new Date(id), on: id % 2 === 0, in: { side: id } }))
    const columns = ['id', 'text', 'at', 'on', 'in.side', { header: 'twice', value: (row) => row.id * 2 }]
    const text = rows.map(({ id, text, at, on }) => `${id},${text},${at.toISOString()},${on},${id},${id * 2}\r\n`).join('')
    assert.equal((await offloop.exportCsv(rows, { columns, header: false })).toString(), text)
    assert.equal((await offloop.exportCsv(rows.values(), { columns, header: false })).toString(), text)
  },

  async 'timers that were replaced after loading'() {
    // As fake timers do.
    const offloop = require(ROOT)
    const real = { setTimeout, setImmediate, clearTimeout }
    const { now } = performance
    const never = () => ({ unref() {}, ref() {} })
    Object.assign(globalThis, { setTimeout: never, setImmediate: never, clearTimeout() {} })
    performance.now = () => 0
    try {
      await works(offloop)
      const stream = offloop.exportCsvStream(Array.from({ length: 50_000 }, (_, id) => ({ id })))
      let bytes = 0
      for await (const chunk of stream) bytes += chunk.length
      assert.equal((await stream.summary).bytes, bytes)
      await assert.rejects(offloop.hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 10 }, timeoutMs: 0 }), { code: 'ERR_DEADLINE' })
      await offloop.drainPool({ timeoutMs: 60_000 })
    } finally {
      Object.assign(globalThis, real)
      performance.now = now
    }
  },

  async 'the context of a call holds in what comes of it'() {
    const { exportCsv, exportCsvFile, exportCsvStream, hashPassword, verifyPassword, drainPool } = require(ROOT)
    const storage = new AsyncLocalStorage()
    const wrong = []
    const expect = (name, where) => {
      const store = storage.getStore()
      if (store !== name) wrong.push(`${where}: ${store} instead of ${name}`)
    }
    const rows = (name) => Array.from({ length: 3000 }, (_, id) => ({ id, get mine() { expect(name, 'getter'); return 1 }, json: { toJSON() { expect(name, 'toJSON'); return 1 } } }))
    function* sync(name) {
      for (const row of rows(name)) {
        expect(name, 'generator')
        yield row
      }
    }
    async function* slow(name) {
      for (const row of rows(name)) {
        expect(name, 'async generator')
        if (row.id % 300 === 0) await sleep(10)
        expect(name, 'async generator after a pause')
        yield row
      }
      await sleep(120)
    }
    const progress = {}
    const jobs = Array.from({ length: 6 }, (_, i) => {
      const name = `request ${i}`
      return storage.run(name, async () => {
        const columns = ['id', 'mine', 'json', { header: 'v', value: () => { expect(name, 'value'); return 1 } }]
        const onProgress = () => {
          expect(name, 'onProgress')
          progress[name] = true
        }
        await hashPassword('x', { policy: CHEAP })
        expect(name, 'after hashPassword')
        await verifyPassword('x', null, { policy: CHEAP })
        expect(name, 'after verifyPassword')
        await Promise.all([exportCsv(sync(name), { columns }), exportCsv(slow(name), { columns, onProgress })])
        expect(name, 'after exportCsv')
        await assert.rejects(exportCsvFile(rows(name), path.join(ROOT, 'missing', 'x'), { columns }))
        expect(name, 'after a failure')
        const stream = exportCsvStream(slow(name), { columns })
        stream.on('end', () => expect(name, 'end of the stream'))
        for await (const chunk of stream) expect(name, `chunk of ${chunk.length}`)
        await stream.summary
        expect(name, 'after the summary')
        const controller = new AbortController()
        setTimeout(() => storage.run('aborter', () => controller.abort()), 5)
        await hashPassword('x', { policy: { algorithm: 'bcrypt', cost: 12 }, signal: controller.signal }).catch(() => {})
        expect(name, 'after an abort')
      })
    })
    await Promise.all(jobs)
    await storage.run('drain', async () => {
      await drainPool()
      expect('drain', 'after drainPool')
    })
    assert.deepEqual([...new Set(wrong)], [])
    assert.equal(Object.keys(progress).length, 6)
  }
})
