'use strict'

// The commands that test: `npm test`, `npm run test:install`, `npm run test:interop`, `npm run test:asan`.

const fs = require('node:fs')
const path = require('node:path')
const { answer, run: child } = require('./children.js')
const { all, cargo, hasSubcommand, testProfile } = require('./parts.js')
const { SetupError, binding, faultyBinding, packages, say, tools } = require('./setup.js')
const { files } = require('./stamp.js')
const { thisPlatform } = require('./targets.js')
const { usage } = require('./usage.js')

const ROOT = path.resolve(__dirname, '..')

/** @typedef {import('./parts.js').Part} Part */

/** @param {string[]} args */
async function test(args) {
  const prebuilt = args.includes('--prebuilt')
  const [half, ...names] = args.filter((arg) => arg !== '--prebuilt')
  if (prebuilt && half !== 'js') return usage('--prebuilt, without js')
  if (half !== undefined && half !== 'rust' && half !== 'js') return usage(half)
  if (half === 'rust' && names.length > 0) return usage(names[0])
  /** @type {Part[]} */
  const parts = []
  if (half !== 'js') {
    tools(ROOT)
    parts.push(...rustTests())
  }
  if (half !== 'rust') {
    await packages(ROOT)
    await bindingToTest(prebuilt)
    const whole = names.length === 0
    if (!prebuilt && (whole || names.some((name) => name.includes('faults')))) process.env.OFFLOOP_FAULTS = await faultyBinding(ROOT, testProfile())
    parts.push(javascriptTests(names))
  }
  return all(parts)
}

/** @returns {Part[]} */
function rustTests() {
  const nextest = hasSubcommand('nextest')
  const runner = nextest ? ['nextest', 'run'] : ['test']
  if (!nextest) say('cargo-nextest is not installed; cargo test runs the same tests')
  const without = ['--locked', '--no-default-features']
  return [
    cargo('Rust tests', [...runner, '--tests', ...without]),
    cargo('Rust examples in the documentation', ['test', '--doc', ...without]),
    // The pool with its locks and atomics swapped for the model checker's: another build of the crate.
    cargo('the model check of the pool', [...runner, ...without, '--features', 'model', '--test', 'model'])
  ]
}

/**
 * @param {string[]} names
 * @returns {Part}
 */
function javascriptTests(names) {
  // Node 20's runner takes no patterns, so the files are listed here.
  const list = names.length > 0
    ? names.map((name) => path.resolve(process.env.INIT_CWD ?? process.cwd(), name))
    : files(ROOT, ['__test__']).filter((name) => name.endsWith('.test.js'))
  // A test that hangs is a failure, not a wait. The spec reporter says again at the end which have failed, and why.
  return { name: 'JavaScript tests', run: () => child(process.execPath, ['--test', '--test-timeout=300000', '--test-reporter=spec', ...list], { cwd: ROOT }) }
}

/**
 * @param {boolean} prebuilt take what is there, whatever it was built from
 */
async function bindingToTest(prebuilt) {
  if (!prebuilt) return binding(ROOT)
  const file = path.join('lib', 'binding', `offloop.${thisPlatform()}.node`)
  if (!fs.existsSync(path.join(ROOT, file))) throw new SetupError(`${file} is missing.`, 'Put the binary there, or leave out --prebuilt to have it built.')
  // For the tests that would need another build beside it.
  process.env.OFFLOOP_PREBUILT = '1'
}

/** @param {string[]} args */
async function testInstall(args) {
  const prebuilt = args[0] === '--prebuilt'
  if (args.length > (prebuilt ? 1 : 0)) return usage(args[prebuilt ? 1 : 0])
  const folder = path.join(ROOT, '__test__', 'install')
  await packages(ROOT)
  await bindingToTest(prebuilt)
  await packages(folder)
  return child(process.execPath, [path.join(folder, 'run.js')], { cwd: ROOT })
}

/** @param {string[]} args */
async function testInterop(args) {
  const folder = path.join(ROOT, '__test__', 'interop')
  await packages(ROOT)
  await bindingToTest(args.includes('--prebuilt'))
  await packages(folder)
  return child(process.execPath, [path.join(folder, 'run.js'), ...args.filter((arg) => arg !== '--prebuilt')], { cwd: ROOT })
}

/** The target of the sanitized tests: only they must not share their build with the build's own tools. */
const ASAN_TARGETS = new Map([['linux x64', 'x86_64-unknown-linux-gnu'], ['linux arm64', 'aarch64-unknown-linux-gnu'], ['darwin arm64', 'aarch64-apple-darwin']])

/**
 * AddressSanitizer sees a read or write outside of what was allocated, or after it was freed, in our `unsafe` code and
 * under it (https://doc.rust-lang.org/nightly/unstable-book/compiler-flags/sanitizer.html).
 */
async function testAsan() {
  const target = ASAN_TARGETS.get(`${process.platform} ${process.arch}`)
  if (target === undefined) throw new SetupError(`There is no AddressSanitizer for Rust on ${process.platform} ${process.arch}.`, 'Run it on Linux.')
  if (answer('cargo', ['+nightly', '--version'], ROOT) === null) {
    throw new SetupError('Sanitizers need a nightly Rust.', 'Run `rustup toolchain install nightly --profile minimal`.')
  }
  process.env.RUSTFLAGS = '-Zsanitizer=address'
  // A leak is what ends with the process in many a test of threads; __test__/lifecycle/memory.js looks for those that grow.
  // And a test asks for more memory than there is, to be refused.
  process.env.ASAN_OPTIONS = 'detect_leaks=0:allocator_may_return_null=1'
  const runner = hasSubcommand('nextest') ? ['nextest', 'run'] : ['test']
  return all([{
    name: 'Rust tests under AddressSanitizer',
    run: () => child('cargo', ['+nightly', ...runner, '--tests', '--locked', '--no-default-features', '--target', target, '--target-dir', path.join('target', 'asan')], { cwd: ROOT })
  }])
}

module.exports = { test, testAsan, testInstall, testInterop }
