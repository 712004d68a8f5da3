'use strict'

// Every example of index.d.ts and of the README compiles under TypeScript's strict rules, and runs.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, test } = require('node:test')
const offloop = require('..')
const { ROOT, node } = require('./support/children.js')
const { folder } = require('./support/folder.js')
const { png } = require('./support/png.js')
const { eventually } = require('./support/pool.js')

/** What the examples take for granted, as types. */
const TYPES = `
declare const password: string
declare const users: { find(name: string): Promise<{ id: number, passwordHash: string } | undefined>, update(id: number, changes: { passwordHash: string }): Promise<void> }
declare const oldKey: Buffer
declare const newKey: import('node:crypto').KeyObject
declare const name: string
declare const upload: Buffer
declare const rows: Array<{ id: number, net: number, tax: number, price: number, quantity: number, customer: { name: string } }>
declare const db: { iterate(query: string): AsyncGenerator<{ id: number, customer: { name: string } }> }
declare const response: import('node:stream').Writable
declare function shedLoad(): void
`

/** The same, as values. */
const VALUES = `
const { PassThrough } = require('node:stream')
const password = 'correct horse'
const users = { find: async () => ({ id: 1, passwordHash: await offloop.hashPassword(password) }), update: async () => {} }
const [oldKey, newKey] = [Buffer.alloc(32, 1), require('node:crypto').createSecretKey(Buffer.alloc(32, 2))]
const name = 'ada'
const upload = require('node:fs').readFileSync('upload.jpg')
const rows = [{ id: 1, net: 2, tax: 3, price: 4, quantity: 5, customer: { name: 'Ada' } }]
const db = { async *iterate() { yield* rows } }
const response = new PassThrough().resume()
const shedLoad = () => {}
`

const MODULES = `
const { writeFile } = require('node:fs/promises')
const { pipeline } = require('node:stream/promises')
`

/** @returns {{ title: string, code: string }[]} */
function examples() {
  const found = []
  const types = fs.readFileSync(path.join(ROOT, 'index.d.ts'), 'utf8')
  for (const [comment, declared] of matches(types, /\/\*\*((?:(?!\*\/).)*)\*\/\s*export (?:function|class|interface|type) (\w+)/gs)) {
    const text = comment.replace(/^ \* ?/gm, '')
    const parts = text.split('@example').slice(1)
    for (const [i, part] of parts.entries()) {
      const fenced = /```js\n(.*?)```/s.exec(part)
      found.push({ title: `${declared}${parts.length > 1 ? ` (${i + 1})` : ''}`, code: fenced ? fenced[1] : part })
    }
  }
  const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')
  for (const [code] of matches(readme, /^```js\n(.*?)^```/gms)) {
    const before = readme.slice(0, readme.indexOf(code))
    found.push({ title: `README, ${/.*^#+ (.*?)$/ms.exec(before.slice(before.lastIndexOf('\n#')))[1]}`, code })
  }
  return found
}

/** @param {string} text @param {RegExp} pattern @returns {string[][]} the groups of each match */
function matches(text, pattern) {
  return Array.from(text.matchAll(pattern), ([, ...groups]) => groups)
}

const all = examples()

test('there are examples, for every function', () => {
  const { OffloopError: _, ...functions } = offloop
  for (const name of Object.keys(functions)) assert.ok(all.some(({ title }) => title.split(' ')[0] === name), `${name} has no example`)
  assert.ok(all.some(({ title }) => title.startsWith('README')))
})

describe('the examples compile', () => {
  test('all of them', (t) => {
    const directory = folder(t)
    for (const [i, { title, code }] of all.entries()) {
      // As an ES module: a name that is required is typed, one that is imported too.
      const imported = code.replace(/^const (\{[^}]*\}) = require\('offloop'\)$/gm, '')
      fs.writeFileSync(path.join(directory, `example-${i}.ts`), `// ${title}
import { ${Object.keys(offloop).join(', ')} } from 'offloop'
import { writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
${TYPES}
export async function example() {${imported}
}
`)
    }
    fs.writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify({
      compilerOptions: {
        module: 'nodenext', target: 'es2023', lib: ['es2023'], strict: true, noEmit: true,
        types: ['node'], typeRoots: [path.join(ROOT, 'node_modules', '@types')], paths: { offloop: [path.join(ROOT, 'index.d.ts')] }
      },
      include: ['*.ts']
    }))
    const { status, stdout } = spawnSync(process.execPath, [path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', directory], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  })
})

describe('the examples run', () => {
  /** @type {Buffer} */
  let photo
  before(async () => {
    photo = (await offloop.resizeImage(png(640, 480), { format: 'jpeg' })).data
  })

  for (const { title, code } of all) {
    test(title, async (t) => {
      const directory = folder(t)
      for (const name of ['upload.jpg', 'photo.jpg']) fs.writeFileSync(path.join(directory, name), photo)
      const own = /^const \{([^}]*)\} = require\('offloop'\)$/gm
      const required = new Set(matches(code, own).flatMap(([names]) => names.split(',').map((one) => one.trim())))
      const rest = Object.keys(offloop).filter((one) => !required.has(one))
      const file = path.join(directory, 'example.js')
      fs.writeFileSync(file, `
process.chdir(__dirname)
const offloop = require('offloop')
const { ${rest.join(', ')} } = offloop
${MODULES}${VALUES}
async function example() {
${code}
}
example().then(() => {
  console.log('ran')
  // What waits for a signal gets it.
  if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM')
})
`)
      fs.mkdirSync(path.join(directory, 'node_modules'))
      fs.symlinkSync(ROOT, path.join(directory, 'node_modules', 'offloop'), 'junction')
      const { code: exit, signal, stdout, stderr } = await node([file])
      assert.deepEqual({ exit, signal, stderr }, { exit: 0, signal: null, stderr: '' })
      assert.match(stdout, /ran\n$/)
    })
  }
})

describe('examples/csv-http.js', () => {
  const { server, cursors } = require('../examples/csv-http.js')
  const log = console.log
  const error = console.error
  before(() => {
    console.log = console.error = () => {}
    return new Promise((resolve) => server.listen(0, resolve))
  })
  after(() => {
    Object.assign(console, { log, error })
    server.close()
    server.closeAllConnections()
  })
  const url = (route) => `http://localhost:${server.address().port}${route}`

  for (const [route, rows] of [['/orders.csv', 200_000], ['/unpaid.csv', 50_000]]) {
    test(route, async () => {
      const before = cursors.closed
      const response = await fetch(url(route))
      const text = await response.text()
      assert.equal(response.headers.get('content-encoding'), 'gzip')
      const lines = text.split('\r\n')
      assert.equal(lines[0], '\ufeffOrder,Customer,Placed,Total,Note'.slice(1))
      assert.equal(lines.length, rows + 2)
      const twelfth = '12,"Müller, Zoë",2026-01-01 01:12,0.12,'
      assert.ok(lines.includes(twelfth), lines[12])
      assert.ok(text.includes(`,"'=HYPERLINK(""http://evil.example"",""click"")"\r\n`))
      assert.equal(cursors.closed, before + 1)
    })
    test(`${route}: a client that goes away`, async () => {
      const before = cursors.closed
      const controller = new AbortController()
      const response = await fetch(url(route), { signal: controller.signal })
      await response.body.getReader().read()
      controller.abort()
      await eventually(() => cursors.closed === before + 1, 'the end of the cursor')
    })
  }
  test('no such route, and no gzip', async () => {
    assert.equal((await fetch(url('/'))).status, 404)
    assert.equal((await fetch(url('/orders.csv'), { headers: { 'accept-encoding': 'identity' } })).status, 406)
  })
})

describe('examples/image-uploads.js', () => {
  const { server, store } = require('../examples/image-uploads.js')
  before(() => new Promise((resolve) => server.listen(0, resolve)))
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = (route) => `http://localhost:${server.address().port}${route}`
  const post = (body, options) => fetch(url('/photos'), { method: 'POST', body, ...options })

  test('an upload', async () => {
    const response = await post(png(1000, 500))
    assert.equal(response.status, 201)
    const made = await response.json()
    assert.deepEqual(made.map(({ width, height }) => [width, height]), [[1000, 500], [1000, 500], [400, 300], [32, 24]])
    for (const picture of made) {
      const answer = await fetch(url(picture.url))
      const found = await offloop.imageMetadata(await answer.arrayBuffer())
      assert.deepEqual([found.width, found.height], [picture.width, picture.height])
      assert.equal(answer.headers.get('content-type'), `image/${found.format}`)
    }
  })
  test('what is none, is cut short, claims too much, or is too much', async () => {
    const whole = png(200, 150, { noise: true })
    for (const [body, status] of [['no image', 415], [whole.subarray(0, 9000), 422], [png(8, 6, { claims: [30_000, 30_000] }), 413], [Buffer.alloc(21 << 20), 413]]) {
      const response = await post(body).catch(() => undefined)
      // One that sends too much may hear of it only by the connection's end.
      if (response !== undefined) {
        assert.equal(response.status, status)
        assert.match((await response.json()).error, /\S/)
      } else {
        assert.equal(body.length, 21 << 20)
      }
    }
    assert.equal((await fetch(url('/photos/99/large.jpg'))).status, 404)
  })
  test('a client that goes away', async () => {
    const { size } = store
    const controller = new AbortController()
    const response = post(png(4000, 3000, { noise: true }), { signal: controller.signal })
    await eventually(() => offloop.poolStats().bulk.running > 0, 'a running job')
    controller.abort()
    await assert.rejects(response)
    await eventually(() => offloop.poolStats().bulk.running === 0, 'the end of the job')
    assert.equal(store.size, size)
  })
})
