'use strict'

// The commands. A command that runs several parts runs them all, and names the failed ones at the end.

const path = require('node:path')
const { answer, packaged, run: child } = require('./children.js')
const { checkVersions, packCommand, versionSet } = require('./release/commands.js')
const { SetupError, binding, packages, say, tools } = require('./setup.js')
const { files } = require('./stamp.js')
const { TARGETS } = require('./targets.js')

const ROOT = path.resolve(__dirname, '..')

const USAGE = `Usage: npm run demo [-- photo.jpg] [-- --out DIR]   what offloop does, live (-- --help says more)
       npm test                                     all tests
       npm test -- rust | js [file…]                one half of them
       npm run test:install                         packed, published to a local registry, installed, used
       npm run bench [-- SUITE…] [-- --quick]       offloop beside its peers: isolation, passwords, csv, images, scaling
       npm run build [-- --profile NAME]            the binding; profiles are Cargo's: release, quick, dev
       npm run build -- --target TRIPLE             the binding as it is published, for one of the eight targets
       npm run lint                                 formatting, clippy, oxlint, types, versions, licences
       npm run pack [-- --all]                      the npm packages; --all: of every platform, as they are published
       npm run version:set -- 1.2.3                 a new version, everywhere`

/** @typedef {{ name: string, run: () => Promise<number> }} Part */

/**
 * @param {string | undefined} command
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function run(command, args) {
  switch (command) {
    case 'demo':
      return demo(args)
    case 'test':
      return test(args)
    case 'test:install':
      return args.length === 0 ? testInstall() : usage(args[0])
    case 'build':
      return build(args)
    case 'lint':
      return args.length === 0 ? lint() : usage(args[0])
    case 'bench':
      return bench(args)
    case 'pack':
      return packCommand(ROOT, args)
    case 'version:set':
      return versionSet(ROOT, args[0])
    default:
      return usage(command)
  }
}

/** @param {string | undefined} unknown */
function usage(unknown) {
  if (unknown !== undefined) console.error(`Not understood: ${unknown}`)
  console.error(USAGE)
  return 2
}

/** @param {string[]} args */
async function demo(args) {
  // Reading the help needs no compiler.
  if (!args.includes('--help')) {
    await packages(ROOT)
    await binding(ROOT)
  }
  return child(process.execPath, [path.join(ROOT, 'examples', 'demo.js'), ...args], { cwd: process.env.INIT_CWD ?? process.cwd() })
}

/** @param {string[]} args */
async function build(args) {
  /** @type {{ profile?: string, target?: string }} */
  const wanted = {}
  for (let i = 0; i < args.length; i++) {
    const [name, value = args[++i]] = args[i].split('=', 2)
    if ((name !== '--profile' && name !== '--target') || value === undefined) return usage(args.join(' '))
    wanted[name === '--profile' ? 'profile' : 'target'] = value
  }
  if (wanted.target !== undefined && !(wanted.target in TARGETS)) {
    console.error(`No target of offloop's: ${wanted.target}. Its targets are ${Object.keys(TARGETS).join(', ')}.`)
    return 2
  }
  await packages(ROOT)
  await binding(ROOT, { profile: 'release', ...wanted })
  say('the binding is up to date')
  return 0
}

/** @param {string[]} args */
async function test(args) {
  const [half, ...names] = args
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
    await binding(ROOT)
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
  // A test that hangs is a failure, not a wait.
  return { name: 'JavaScript tests', run: () => child(process.execPath, ['--test', '--test-timeout=300000', ...list], { cwd: ROOT }) }
}

/** @param {string[]} args */
async function bench(args) {
  const folder = path.join(ROOT, 'benchmark')
  await packages(ROOT)
  await binding(ROOT, { profile: 'release' })
  await packages(folder)
  // Paths among the arguments count from where the command was given.
  return child(process.execPath, ['--expose-gc', path.join(folder, 'run.js'), ...args], { cwd: process.env.INIT_CWD ?? process.cwd() })
}

async function testInstall() {
  const folder = path.join(ROOT, '__test__', 'install')
  await packages(ROOT)
  await binding(ROOT)
  await packages(folder)
  return child(process.execPath, [path.join(folder, 'run.js')], { cwd: ROOT })
}

async function lint() {
  tools(ROOT)
  for (const [subcommand, component] of [['fmt', 'rustfmt'], ['clippy', 'clippy']]) {
    if (answer('cargo', [subcommand, '--version'], ROOT) === null) {
      throw new SetupError(`cargo ${subcommand} is missing.`, `Run \`rustup component add ${component}\` in this folder.`)
    }
  }
  await packages(ROOT)
  // The types that lib/native.js is checked against are generated by the build.
  await binding(ROOT)
  const clippy = ['clippy', '--locked', '--all-targets']
  const parts = [
    cargo('cargo fmt', ['fmt', '--check']),
    cargo('clippy', [...clippy, '--', '-D', 'warnings']),
    cargo('clippy without N-API', [...clippy, '--no-default-features', '--', '-D', 'warnings']),
    { name: 'oxlint', run: () => packaged(ROOT, 'oxlint', 'oxlint', ['--deny-warnings']) },
    { name: 'versions', run: () => checkVersions(ROOT) },
    { name: 'types', run: () => packaged(ROOT, 'typescript', 'tsc', ['-p', '.']) }
  ]
  if (hasSubcommand('deny')) parts.push(cargo('cargo deny', ['deny', '--locked', 'check', 'licenses', 'bans', 'sources']))
  else say('cargo-deny is not installed; licences and sources are not checked')
  return all(parts)
}

/**
 * Whether cargo has a further command. Trying it would print an error where it has not.
 * @param {string} name
 */
function hasSubcommand(name) {
  return answer('cargo', ['--list'], ROOT)?.split('\n').some((line) => line.trim().split(' ')[0] === name) ?? false
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Part}
 */
function cargo(name, args) {
  return { name, run: () => child('cargo', args, { cwd: ROOT }) }
}

/** @param {Part[]} parts */
async function all(parts) {
  const failed = []
  for (const part of parts) {
    say(part.name)
    const code = await part.run()
    // Ctrl-C is for all of it, not for the part that happened to run.
    if (code === 130) return code
    if (code !== 0) failed.push(part.name)
  }
  if (failed.length === 0) {
    say(`all passed: ${parts.map((part) => part.name).join(', ')}`)
    return 0
  }
  console.error(`offloop: FAILED: ${failed.join(', ')}`)
  return 1
}

module.exports = { run }
