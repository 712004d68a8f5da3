'use strict'

// The bootstrap behind `npm run demo`, `npm test`, `npm run build` and `npm run lint`, in a small project of its
// own whose builder is a script that writes down what it was asked for.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { afterEach, beforeEach, describe, test } = require('node:test')

const PROJECT = path.resolve(__dirname, '..')

/** @type {string} */
let root

/**
 * @param {string} name
 * @param {string} content
 */
function put(name, content) {
  const file = path.join(root, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, content)
}

/** @param {string} name */
function get(name) {
  return fs.readFileSync(path.join(root, name), 'utf8')
}

/** How often the builder ran, and with which arguments. */
function builds() {
  return fs.existsSync(path.join(root, 'builds.log')) ? get('builds.log').trim().split('\n') : []
}

/**
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, node?: string[] }} [options]
 */
function command(args, { env = {}, node = [] } = {}) {
  // A test runner within a test runner reports to the outer one, and npm's own variables name the outer project.
  const { NODE_TEST_CONTEXT: _, INIT_CWD: __, ...outer } = process.env
  const result = spawnSync(process.execPath, [...node, path.join(root, 'scripts', 'run.js'), ...args], {
    cwd: root, encoding: 'utf8', timeout: 60_000, env: { ...outer, ...env }
  })
  return { code: result.status, out: result.stdout + result.stderr }
}

/** Installs as `npm ci` would: the builder in node_modules, and the stamp that says so. */
function install() {
  put('node_modules/@napi-rs/cli/package.json', '{ "name": "@napi-rs/cli", "bin": { "napi": "./napi.js" } }')
  put('node_modules/@napi-rs/cli/napi.js', `
    const fs = require('node:fs')
    fs.appendFileSync('builds.log', process.argv.slice(2).join(' ') + '\\n')
    if (fs.existsSync('broken')) process.exit(3)
    fs.mkdirSync('lib/binding', { recursive: true })
    if (!fs.existsSync('empty')) fs.writeFileSync('lib/binding/index.d.ts', '')
    fs.writeFileSync('lib/binding/offloop.test.node', '')
  `)
  const { digest, write } = require('../scripts/stamp.js')
  write(path.join(root, 'node_modules', '.offloop-stamp.json'), { lockfile: digest(root, ['package-lock.json']) })
}

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-setup-'))
  fs.cpSync(path.join(PROJECT, 'scripts'), path.join(root, 'scripts'), { recursive: true })
  put('lib/platform.js', fs.readFileSync(path.join(PROJECT, 'lib', 'platform.js'), 'utf8'))
  // The toolchain that is surely there: rustup need not have a default one.
  fs.copyFileSync(path.join(PROJECT, 'rust-toolchain.toml'), path.join(root, 'rust-toolchain.toml'))
  put('package.json', '{ "name": "tiny", "version": "1.0.0", "napi": { "binaryName": "tiny" } }')
  put('package-lock.json', '{ "name": "tiny", "version": "1.0.0", "lockfileVersion": 3, "packages": { "": { "name": "tiny", "version": "1.0.0" } } }')
  put('Cargo.toml', '[package]\nname = "tiny"\nversion = "1.0.0"\nrust-version = "1.70"\n')
  put('src/lib.rs', '')
  install()
})

afterEach(() => fs.rmSync(root, { recursive: true, force: true }))

describe('the build', () => {
  test('runs once, and again only when what it is made from changes', () => {
    assert.equal(command(['build']).code, 0)
    assert.equal(command(['build']).code, 0)
    assert.equal(builds().length, 1)

    const later = new Date(Date.now() + 60_000)
    fs.utimesSync(path.join(root, 'src/lib.rs'), later, later)
    put('target/debug/anything', 'x')
    put('README.md', 'x')
    assert.equal(command(['build']).code, 0)
    assert.equal(builds().length, 1, 'times and other files do not count')

    for (const [name, content] of [
      ['src/lib.rs', '// changed'],
      ['src/deep/new.rs', ''],
      ['Cargo.toml', `${get('Cargo.toml')}# changed`],
      ['rust-toolchain.toml', `${get('rust-toolchain.toml')}# changed`],
      ['package.json', get('package.json').replace('"binaryName": "tiny"', '"binaryName": "other"')]
    ]) {
      const before = builds().length
      put(name, content)
      assert.equal(command(['build']).code, 0)
      assert.equal(builds().length, before + 1, `${name} counts`)
    }
  })

  test('runs again when the binary is gone', () => {
    assert.equal(command(['build']).code, 0)
    fs.rmSync(path.join(root, 'lib/binding/offloop.test.node'))
    assert.equal(command(['build']).code, 0)
    assert.equal(builds().length, 2)
  })

  test('is locked, and a release unless a profile is named', () => {
    command(['build'])
    command(['build', '--profile', 'quick'])
    command(['build', '--profile=dev'])
    const [release, quick, dev] = builds()
    assert.match(release, /--profile release .*-- --locked$/)
    assert.match(quick, /--profile quick .*-- --locked$/)
    assert.doesNotMatch(dev, /--profile/)
  })

  test('that fails is an error each time, and leaves no stamp', () => {
    put('broken', '')
    for (let i = 1; i <= 2; i++) {
      const { code, out } = command(['build'])
      assert.equal(code, 1)
      assert.match(out, /Building the binding failed \(exit code 3\)/)
      assert.equal(builds().length, i)
    }
    fs.rmSync(path.join(root, 'broken'))
    assert.equal(command(['build']).code, 0)
  })

  test('that leaves no types is an error, whatever the builder says', () => {
    put('empty', '')
    const { code, out } = command(['build'])
    assert.equal(code, 1)
    assert.match(out, /lacks the types or the binary/)
  })

  test('refuses an argument it does not know', () => {
    const { code, out } = command(['build', '--fast'])
    assert.equal(code, 2)
    assert.match(out, /Not understood: --fast[\s\S]*Usage:/)
    assert.equal(builds().length, 0)
  })
})

describe('the packages', () => {
  test('are installed again when the lockfile changes, and only then', () => {
    put('package-lock.json', get('package-lock.json').replace('{ ', '{\n'))
    put('node_modules/leftover/index.js', '')
    // npm ci empties node_modules, the builder included; what matters here is that it ran.
    assert.match(command(['build']).out, /installing the npm packages/)
    assert.equal(fs.existsSync(path.join(root, 'node_modules/leftover')), false)
    assert.doesNotMatch(command(['build']).out, /installing the npm packages/)
  })

  test('that do not match the lockfile stop the command', () => {
    put('package.json', '{ "name": "tiny", "version": "1.0.0", "dependencies": { "left-out-of-the-lockfile": "1.0.0" } }')
    put('package-lock.json', `${get('package-lock.json')}\n`)
    const { code, out } = command(['build'], { env: { npm_config_offline: 'true' } })
    assert.equal(code, 1)
    assert.match(out, /npm ci failed/)
    assert.equal(builds().length, 0)
  })
})

describe('a missing tool', () => {
  test('Node itself, too old', () => {
    put('old.js', 'Object.defineProperty(process.versions, "node", { value: process.env.PRETEND })')
    for (const [version, fine] of /** @type {const} */ ([
      ['12.22.12', false], ['18.20.8', false], ['20.18.3', false], ['20.19.0', true],
      ['21.7.3', false], ['22.11.0', false], ['22.12.0', true], ['24.0.0', true]
    ])) {
      const { code, out } = command(['build'], { env: { PRETEND: version }, node: ['--require', path.join(root, 'old.js')] })
      assert.equal(code, fine ? 0 : 1, version)
      if (!fine) assert.match(out, new RegExp(`needs Node.js 20.19 .* this is ${version}[\\s\\S]*https://nodejs.org/`))
    }
  })

  test('Rust', () => {
    const { code, out } = command(['build'], { env: { PATH: path.join(root, 'nowhere'), Path: undefined } })
    assert.equal(code, 1)
    assert.match(out, /Rust is missing[\s\S]*https:\/\/rustup\.rs\//)
    assert.doesNotMatch(out, /\n {4}at /, 'a message for people, no stack')
    assert.equal(builds().length, 0)
  })

  test('Rust, too old', () => {
    put('Cargo.toml', get('Cargo.toml').replace('1.70', '2.5'))
    const { code, out } = command(['build'])
    assert.equal(code, 1)
    assert.match(out, /needs Rust 2\.5 or later; this is rustc 1\.[\s\S]*rustup update/)
  })

  test('a C compiler', { skip: process.platform === 'win32' && 'Rust finds Microsoft\'s compiler itself' }, () => {
    const { code, out } = command(['build'], { env: { CC: 'no-such-compiler' } })
    assert.equal(code, 1)
    assert.match(out, /A C compiler is missing: none of no-such-compiler runs[\s\S]*install/)
    assert.equal(builds().length, 0)
  })

  test('nothing is asked for when nothing is to be built', () => {
    assert.equal(command(['build']).code, 0)
    assert.equal(command(['build'], { env: { PATH: path.join(root, 'nowhere'), Path: undefined } }).code, 0)
  })
})

describe('npm test', () => {
  test('passes and fails as its files do, and names the part that failed', () => {
    put('__test__/deep/good.test.js', `require('node:test')('good', () => {})`)
    put('__test__/helper.js', 'throw new Error("not a test")')
    assert.equal(command(['test', 'js']).code, 0)

    put('__test__/bad.test.js', `require('node:test')('bad', () => { throw new Error('no') })`)
    const { code, out } = command(['test', 'js'])
    assert.equal(code, 1)
    assert.match(out, /FAILED: JavaScript tests\s*$/)
    assert.equal(command(['test', 'js', '__test__/deep/good.test.js']).code, 0, 'one file alone')
  })

  test('refuses a part it does not know', () => {
    assert.equal(command(['test', 'python']).code, 2)
  })
})

test('npm run demo hands over its arguments, and its exit code is the demo\'s', () => {
  put('examples/demo.js', 'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7')
  const { code, out } = command(['demo', 'my photo.jpg', '--out', 'a b'])
  assert.equal(code, 7)
  assert.match(out, /\["my photo\.jpg","--out","a b"\]/)
})

test('an unknown command shows the usage', () => {
  const { code, out } = command(['deploy'])
  assert.equal(code, 2)
  assert.match(out, /Not understood: deploy[\s\S]*npm run demo/)
})
