'use strict'

// What keeps a bad release from being published: the gate for binaries, the check of versions, the packages themselves.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, test } = require('node:test')
const { PLATFORMS, thisPlatform } = require('../lib/platform.js')
const { compareVersions, inspect } = require('../scripts/release/executable.js')
const { gate, judge } = require('../scripts/release/gate.js')
const { pack } = require('../scripts/release/pack.js')
const { disagreements, setVersion } = require('../scripts/release/versions.js')
const { machO, pe } = require('./support/executables.js')

const ROOT = path.resolve(__dirname, '..')
const HERE = thisPlatform()
const BINARY = path.join(ROOT, 'lib', 'binding', `offloop.${HERE}.node`)

const ALL = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-release-'))
after(() => fs.rmSync(ALL, { recursive: true, force: true }))

function folder() {
  return fs.mkdtempSync(path.join(ALL, 'test-'))
}

/**
 * @param {string} platform
 * @param {Buffer} bytes
 */
function problems(platform, bytes) {
  const file = path.join(folder(), 'binary.node')
  fs.writeFileSync(file, bytes)
  return judge(platform, file).problems
}

describe('the gate, on the binary of this machine', { skip: process.platform !== 'linux' && 'the doctoring below is of an ELF file' }, () => {
  /** @type {Buffer} */
  let bytes
  before(() => {
    bytes = fs.readFileSync(BINARY)
  })
  // One built here may need the glibc of here, and hold what helps a debugger.
  const grave = (/** @type {string} */ problem) => !/needs glibc|budget/.test(problem)

  test('finds nothing else amiss', () => assert.deepEqual(problems(HERE, bytes).filter(grave), []))

  test('refuses a missing one', () => assert.deepEqual(judge(HERE, path.join(folder(), 'none.node')).problems, ['the binary is missing']))

  test('refuses one over its budget', () => {
    const found = problems(HERE, Buffer.concat([bytes, Buffer.alloc(8 * 1024 * 1024)]))
    assert.match(found.join('\n'), /^it has \d+\.\d\d MiB, more than its budget of 11\.5 MiB$/m)
  })

  test('refuses another architecture', () => {
    const other = Buffer.from(bytes)
    other.writeUInt16LE(HERE.includes('x64') ? 0xb7 : 0x3e, 18)
    assert.match(problems(HERE, other).join(), /it is elf for (arm64|x64), not elf for (x64|arm64)/)
  })

  test('reads the versions that objdump reads', (t) => {
    const { status, stdout } = spawnSync('objdump', ['-T', BINARY], { encoding: 'utf8', maxBuffer: 64 << 20 })
    if (status !== 0) return t.skip('no objdump here')
    const newest = [...stdout.matchAll(/GLIBC_([\d.]+)/g)].map(([, version]) => version).sort(compareVersions).at(-1) ?? null
    assert.equal(inspect(bytes).glibc, newest)
  })

  test('refuses a newer glibc', { skip: !HERE.endsWith('-gnu') }, () => {
    // A version of the same length, put in the place of one that is there.
    const other = Buffer.from(bytes)
    const at = other.indexOf('GLIBC_2.14\0')
    assert.notEqual(at, -1)
    other.write('GLIBC_9.99\0', at, 'latin1')
    assert.match(problems(HERE, other).join(), /needs glibc 9\.99, newer than 2\.17/)
    other.write('GLIBC_ABI_\0', at, 'latin1')
    assert.match(problems(HERE, other).join(), /needs glibc ABI_, newer than 2\.17/)
  })

  test('refuses a binary for glibc as one for musl, and a library that not every system has', () => {
    const musl = HERE.replace(/-gnu$/, '-musl')
    if (musl !== HERE) assert.match(problems(musl, bytes).join('\n'), /needs glibc [\d.]+, which this platform has not\n.*libc\.so\.6/)
    const other = Buffer.from(bytes)
    const at = other.indexOf('libm.so.6\0')
    if (at === -1) return
    other.write('libz.so.6\0', at, 'latin1')
    assert.match(problems(HERE, other).join(), /it needs libz\.so\.6, which not every system has/)
  })

  test('refuses a file cut short, and what is none', () => {
    assert.match(problems(HERE, bytes.subarray(0, 4000)).join(), /a damaged binary/)
    assert.match(problems(HERE, Buffer.from('#!/bin/sh\n'.repeat(20))).join(), /no ELF, Mach-O or PE file/)
    assert.match(problems(HERE, Buffer.alloc(0)).join(), /no ELF, Mach-O or PE file/)
  })

  test('takes no damaged header for a good one, and does not hang or crash', () => {
    for (let i = 0; i < 3000; i++) {
      const other = Buffer.from(bytes.subarray(0, 20_000))
      for (let k = 0; k < 1 + i % 8; k++) other[Math.floor(Math.random() * 4096)] = Math.floor(Math.random() * 256)
      try {
        inspect(other)
      } catch (error) {
        assert.ok(error instanceof Error)
      }
    }
  })
})

describe('the gate, on other systems\' binaries', () => {
  const X64 = 0x01000007
  const ARM64 = 0x0100000c
  const SYSTEM = '/usr/lib/libSystem.B.dylib'

  test('macOS', () => {
    assert.deepEqual(problems('darwin-x64', machO({ cpu: X64, libraries: [SYSTEM], macos: [10, 12] })), [])
    assert.deepEqual(problems('darwin-arm64', machO({ cpu: ARM64, libraries: [SYSTEM], macos: [11, 0] })), [])
    assert.deepEqual(problems('darwin-arm64', machO({ cpu: X64, libraries: [SYSTEM], macos: [11, 0] })), ['it is mach-o for x64, not mach-o for arm64'])
    assert.deepEqual(problems('darwin-x64', machO({ cpu: X64, libraries: [SYSTEM], macos: [14, 2] })), ['it needs macOS 14.2, newer than 11.0'])
    assert.deepEqual(problems('darwin-x64', machO({ cpu: X64, libraries: [SYSTEM] })), ['it does not say which macOS it runs on'])
    assert.deepEqual(problems('darwin-x64', machO({ cpu: X64, libraries: ['/opt/homebrew/lib/libwebp.7.dylib'], macos: [11, 0] })),
      ['it needs /opt/homebrew/lib/libwebp.7.dylib, which not every system has'])
  })

  test('Windows', () => {
    const libraries = ['KERNEL32.dll', 'ntdll.dll', 'api-ms-win-core-synch-l1-2-0.dll']
    assert.deepEqual(problems('win32-x64-msvc', pe({ machine: 0x8664, libraries, delayed: ['node.exe'] })), [])
    assert.deepEqual(problems('win32-arm64-msvc', pe({ machine: 0xaa64, libraries })), [])
    assert.deepEqual(problems('win32-arm64-msvc', pe({ machine: 0x8664, libraries })), ['it is pe for x64, not pe for arm64'])
    assert.deepEqual(problems('win32-x64-msvc', pe({ machine: 0x8664, libraries: ['VCRUNTIME140.dll'], delayed: ['libvips.dll'] })),
      ['it needs VCRUNTIME140.dll, libvips.dll, which not every system has'])
  })

  test('all must pass', (t) => {
    t.mock.method(console, 'log', () => {})
    const good = path.join(folder(), 'good.node')
    fs.writeFileSync(good, machO({ cpu: ARM64, libraries: [SYSTEM], macos: [11, 0] }))
    assert.equal(gate(['darwin-arm64'], () => good), true)
    assert.equal(gate(['darwin-arm64', 'darwin-x64'], () => good), false)
  })
})

describe('the versions', () => {
  /** A copy of every file that has one. */
  function copy() {
    const root = folder()
    for (const name of ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock', 'npm']) {
      fs.cpSync(path.join(ROOT, name), path.join(root, name), { recursive: true })
    }
    return root
  }

  test('agree', () => assert.deepEqual(disagreements(ROOT), []))

  test('are set everywhere, and nothing else is changed', () => {
    const root = copy()
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
    setVersion(root, '12.34.56-rc.1')
    assert.deepEqual(disagreements(root), [])
    assert.match(fs.readFileSync(path.join(root, 'npm/win32-x64-msvc/package.json'), 'utf8'), /"version": "12\.34\.56-rc\.1"/)
    setVersion(root, version)
    for (const name of ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock', 'npm/linux-arm64-musl/package.json']) {
      assert.equal(fs.readFileSync(path.join(root, name), 'utf8'), fs.readFileSync(path.join(ROOT, name), 'utf8'), name)
    }
  })

  for (const [name, from, to, report] of /** @type {const} */ ([
    ['Cargo.toml', /^version = "[^"]+"/m, 'version = "9.9.9"', /Cargo\.toml: version is "9\.9\.9"/],
    ['npm/darwin-arm64/package.json', /"version": "[^"]+"/, '"version": "9.9.9"', /npm\/darwin-arm64\/package\.json: version is "9\.9\.9"/],
    ['npm/linux-x64-musl/package.json', /"musl"\n/, '"glibc"\n', /npm\/linux-x64-musl\/package\.json: what it is for/],
    ['npm/win32-arm64-msvc/package.json', /"arm64"/, '"x64"', /npm\/win32-arm64-msvc\/package\.json: what it is for/],
    ['package.json', / {6}"aarch64-apple-darwin",\n/, '', /napi\.targets/]
  ])) {
    test(`that drift in ${name} are reported`, () => {
      const root = copy()
      const before = fs.readFileSync(path.join(root, name), 'utf8')
      const after = before.replace(from, to)
      assert.notEqual(after, before)
      fs.writeFileSync(path.join(root, name), after)
      assert.match(disagreements(root).join('\n'), report)
    })
  }

  test('a platform too many or too few is reported', () => {
    const root = copy()
    fs.rmSync(path.join(root, 'npm/darwin-x64'), { recursive: true })
    assert.match(disagreements(root).join('\n'), /the folders of npm\//)
  })
})

test('what is packed: no sources, no binary in the main package, all platforms at its very version', (t) => {
  t.mock.method(console, 'log', () => {})
  const destination = folder()
  const [platform, main] = pack({ root: ROOT, platforms: [HERE], binaries: path.dirname(BINARY), destination })
  assert.deepEqual(platform.files.sort(), ['LICENSE', 'README.md', `offloop.${HERE}.node`, 'package.json'].sort())
  assert.deepEqual(main.files.filter((name) => !/^(lib\/[\w/-]+\.js|compat\/\w+\/\w+\.(js|d\.ts)|index\.(js|d\.ts)|README\.md|LICENSE|package\.json)$/.test(name)), [])
  assert.ok(main.files.includes('lib/csv/packer.js'))

  const unpacked = folder()
  assert.equal(spawnSync('tar', ['-xzf', main.file, '-C', unpacked]).status, 0)
  const manifest = JSON.parse(fs.readFileSync(path.join(unpacked, 'package', 'package.json'), 'utf8'))
  assert.deepEqual(manifest.optionalDependencies, Object.fromEntries(PLATFORMS.map((name) => [`offloop-${name}`, manifest.version])))
  for (const key of ['scripts', 'devDependencies', 'overrides', 'private', 'dependencies']) assert.equal(key in manifest, false, key)
})
