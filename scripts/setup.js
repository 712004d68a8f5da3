'use strict'

// What a command needs before it can run: tools, npm packages, the compiled binding. Each step looks
// whether it is stale and is a matter of milliseconds when it is not.

const fs = require('node:fs')
const path = require('node:path')
const { answer, npm, packaged } = require('./children.js')
const stamps = require('./stamp.js')
const { crossFlags, platformOf, thisPlatform } = require('./targets.js')

/** A failure that the reader can mend. */
class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} remedy
   */
  constructor(message, remedy) {
    super(message)
    this.remedy = remedy
  }
}

/** What the binding is made from. */
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'rust-toolchain.toml', '.cargo', 'src']

/** What the build writes, git-ignored: types, binary, and the stamp that says from what. */
const BINDING = path.join('lib', 'binding')

/** @param {string} text */
function say(text) {
  console.log(`offloop: ${text}`)
}

/**
 * The tools of a Rust build, checked before anything runs for minutes.
 * @param {string} root
 */
function tools(root) {
  const rustc = answer('rustc', ['--version'], root)
  if (rustc === null || answer('cargo', ['--version'], root) === null) {
    throw new SetupError('Rust is missing, or the toolchain that rust-toolchain.toml names is not installed.',
      'Install Rust from https://rustup.rs/. Where rustup is there already, run `rustup toolchain install` in this folder.')
  }
  const needed = /^rust-version = "(\d+)\.(\d+)"/m.exec(fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))
  const found = /^rustc (\d+)\.(\d+)/.exec(rustc)
  if (needed && found && (+found[1] - +needed[1] || +found[2] - +needed[2]) < 0) {
    throw new SetupError(`offloop needs Rust ${needed[1]}.${needed[2]} or later; this is ${rustc}.`,
      'Run `rustup update`, or install Rust from https://rustup.rs/.')
  }
  compiler(root)
}

/**
 * The C compiler that links the binding and compiles libwebp. On Windows, Rust's toolchain finds Microsoft's itself.
 * @param {string} root
 */
function compiler(root) {
  if (process.platform === 'win32') return
  const names = process.env.CC ? [process.env.CC] : ['cc', 'gcc', 'clang']
  if (names.some((name) => answer(name, ['--version'], root) !== null)) return
  throw new SetupError(`A C compiler is missing: none of ${names.join(', ')} runs.`, process.platform === 'darwin'
    ? 'Run `xcode-select --install`.'
    : 'Debian, Ubuntu: `sudo apt-get install build-essential`. Fedora: `sudo dnf install gcc`. Alpine: `apk add build-base`. ' +
      'Elsewhere (Homebrew): `brew install gcc`.')
}

/** The oldest nasm that rav1e's assembler is written for. */
const NASM = [2, 15]

/**
 * Cargo's features beside the default ones. rav1e's assembler makes writing AVIF faster. On x86-64 it takes nasm, on
 * arm64 a C compiler that knows GNU's syntax, which Microsoft's does not; without it, the same code in Rust is built.
 * @param {string} root
 * @param {string} [target] a Rust target; without one, this machine's
 * @returns {string[]}
 */
function features(root, target) {
  const arm = target === undefined ? process.arch === 'arm64' : target.startsWith('aarch64-')
  const windows = target === undefined ? process.platform === 'win32' : target.includes('-windows-')
  if (arm) return windows ? [] : ['avif-asm']
  const found = /version (\d+)\.(\d+)/.exec(answer('nasm', ['-v'], root) ?? '')
  const recent = found !== null && (+found[1] - NASM[0] || +found[2] - NASM[1]) >= 0
  return recent ? ['avif-asm'] : []
}

/**
 * The npm packages of the lockfile, installed exactly.
 * @param {string} root
 */
async function packages(root) {
  const stamp = path.join(root, 'node_modules', '.offloop-stamp.json')
  const lockfile = stamps.digest(root, ['package-lock.json'])
  if (stamps.read(stamp).lockfile === lockfile) return
  say(`installing the npm packages of ${path.join(path.basename(root), 'package-lock.json')}`)
  const code = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], root)
  if (code !== 0) {
    throw new SetupError(`npm ci failed (exit code ${code}); its own message stands above.`,
      code === 127 ? 'npm comes with Node.js: install it from https://nodejs.org/.' : 'A network or proxy that blocks the npm registry is the usual reason.')
  }
  stamps.write(stamp, { lockfile })
}

/**
 * Everything that changes what the build writes.
 * @param {string} root
 */
function bindingInputs(root) {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const cli = manifest.devDependencies?.['@napi-rs/cli']
  return stamps.digest(root, SOURCES, [JSON.stringify(manifest.napi), String(cli), process.platform, process.arch])
}

/**
 * The profile that the present binding was built with, or null when it is missing or stale.
 * @param {string} root
 * @param {string} [target] the target that it must have been built for by name; without one, any build for this platform
 */
function freshBinding(root, target) {
  const stamp = stamps.read(path.join(root, BINDING, 'stamp.json'))
  if (stamp.inputs === undefined || stamp.inputs !== bindingInputs(root)) return null
  if (target !== undefined && target !== stamp.target) return null
  return complete(root) ? stamp.profile : null
}

/**
 * Whether types and binary are there.
 * @param {string} root
 */
function complete(root) {
  const present = fs.readdirSync(path.join(root, BINDING))
  return present.includes('index.d.ts') && present.some((name) => name.endsWith('.node'))
}

/**
 * The compiled binding with its generated types.
 * @param {string} root
 * @param {{ profile?: string, target?: string }} [wanted] a Cargo profile; without one, any fresh build will do, and a
 *   new one is a release. And a Rust target, which is built as it is published: for Linux with a toolchain that makes
 *   it run on old systems.
 */
async function binding(root, { profile, target } = {}) {
  const present = freshBinding(root, target)
  if (present !== null && (profile === undefined || profile === present)) {
    // Only what is out of the ordinary is worth a line.
    if (present !== 'release') say(`the binding is up to date, built with profile ${present}`)
    return
  }
  tools(root)
  const build = profile ?? 'release'
  say(`building the binding with profile ${build}${target ? ` for ${target}` : ''}; the first time this takes some minutes`)
  // Taken before the build: a file saved while it runs makes the result stale, as it should.
  const inputs = bindingInputs(root)
  fs.mkdirSync(path.join(root, BINDING), { recursive: true })
  // A binary for elsewhere is nothing that the tests here could run, and leaves the one that they run as it is.
  const here = target === undefined || platformOf(target) === thisPlatform()
  if (here) fs.rmSync(path.join(root, BINDING, 'stamp.json'), { force: true })
  // Cargo keeps what its profile `dev` builds in target/debug, which the builder finds when no profile is named.
  const named = build === 'dev' ? [] : ['--profile', build]
  const wants = features(root, target)
  if (wants.length === 0) say('AVIF will be written by code without assembler, which is slower: that would take nasm 2.15 or later, on x86-64')
  const code = await packaged(root, '@napi-rs/cli', 'napi', [
    'build', '--platform', ...named, ...wants.flatMap((name) => ['--features', name]),
    ...(target ? ['--target', target, ...crossFlags(target)] : []), '--no-const-enum', '--output-dir', BINDING, '--no-js', '--dts', 'index.d.ts', '--', '--locked'
  ])
  if (code !== 0) {
    throw new SetupError(`Building the binding failed (exit code ${code}).`, 'What Cargo says above names the reason.')
  }
  if (!complete(root)) {
    throw new SetupError(`The build ended well, but ${BINDING} lacks the types or the binary.`,
      'Does the crate still export anything? Remove the folder and build again.')
  }
  if (here) stamps.write(path.join(root, BINDING, 'stamp.json'), { inputs, profile: build, ...(target && { target }) })
}

/**
 * A second binding, which panics where a test tells it to. Cargo knows whether it is stale.
 * @param {string} root
 * @param {string} [profile] a Cargo profile; without one, `dev`
 * @returns {Promise<string>} the file
 */
async function faultyBinding(root, profile) {
  tools(root)
  const folder = path.join('target', 'faults')
  say('building a binding with faults to inject')
  const code = await packaged(root, '@napi-rs/cli', 'napi', [
    'build', '--platform', ...(profile ? ['--profile', profile] : []), '--features', 'faults', '--output-dir', folder, '--no-js', '--dts', 'index.d.ts', '--', '--locked'
  ])
  if (code !== 0) throw new SetupError(`Building it failed (exit code ${code}).`, 'What Cargo says above names the reason.')
  return path.join(root, folder, `offloop.${thisPlatform()}.node`)
}

module.exports = { SetupError, say, tools, packages, binding, faultyBinding, freshBinding }
