'use strict'

// What a binary must be before it may be published.

const fs = require('node:fs')
const { compareVersions, inspect } = require('./executable.js')

const MIB = 1024 * 1024

/** The newest glibc that a binary for Linux may need: CentOS 7's, older than any that Node.js itself runs on. */
const GLIBC = '2.17'

/** Node.js 20 runs from this macOS on (Intel), or from the first there was (Apple silicon). */
const MACOS = '11.0'

// What every system of the kind has, or Node.js cannot run there without.
const GNU = /^(?:lib(?:c\.so\.6|m\.so\.6|dl\.so\.2|rt\.so\.1|pthread\.so\.0|gcc_s\.so\.1)|ld-linux-(?:x86-64\.so\.2|aarch64\.so\.1))$/
const MUSL = /^(?:libc\.so|libc\.musl-(?:x86_64|aarch64)\.so\.1|libgcc_s\.so\.1)$/
const DARWIN = /^(?:\/usr\/lib\/lib(?:System\.B|iconv\.2|charset\.1|objc\.A)\.dylib|\/System\/Library\/Frameworks\/\S+)$/
// Not vcruntime140.dll: it comes with a package of Microsoft's that not every system has.
const WINDOWS = /^(?:node\.exe|(?:kernel32|ntdll|advapi32|bcrypt|bcryptprimitives|ws2_32|userenv|user32|shell32|ole32|crypt32|secur32|synchronization|api-ms-win-[\w-]+)\.dll)$/i

/**
 * What is expected of each platform's binary. The budgets leave about a third above what the first ones were (8.6 MiB
 * for Linux on x64, of which the time zones and zstd are two; about three more for macOS, linked by Zig's linker, which
 * leaves out less than Apple's): growth beyond that is to be decided, not to happen.
 * @type {Readonly<Record<string, { format: string, arch: string, budget: number, libraries: RegExp }>>}
 */
const EXPECTED = Object.freeze({
  'linux-x64-gnu': { format: 'elf', arch: 'x64', budget: 11.5 * MIB, libraries: GNU },
  'linux-arm64-gnu': { format: 'elf', arch: 'arm64', budget: 11.5 * MIB, libraries: GNU },
  'linux-x64-musl': { format: 'elf', arch: 'x64', budget: 11.5 * MIB, libraries: MUSL },
  'linux-arm64-musl': { format: 'elf', arch: 'arm64', budget: 11.5 * MIB, libraries: MUSL },
  'darwin-x64': { format: 'mach-o', arch: 'x64', budget: 14.5 * MIB, libraries: DARWIN },
  'darwin-arm64': { format: 'mach-o', arch: 'arm64', budget: 14.5 * MIB, libraries: DARWIN },
  'win32-x64-msvc': { format: 'pe', arch: 'x64', budget: 11.5 * MIB, libraries: WINDOWS },
  'win32-arm64-msvc': { format: 'pe', arch: 'arm64', budget: 11.5 * MIB, libraries: WINDOWS }
})

/**
 * Everything that is wrong with a platform's binary.
 * @param {string} platform
 * @param {string} file
 * @returns {{ problems: string[], summary: string }}
 */
function judge(platform, file) {
  const expected = EXPECTED[platform]
  if (!fs.existsSync(file)) return { problems: ['the binary is missing'], summary: 'missing' }
  const bytes = fs.readFileSync(file)
  const size = `${(bytes.length / MIB).toFixed(2)} MiB`
  const problems = []
  if (bytes.length > expected.budget) problems.push(`it has ${size}, more than its budget of ${expected.budget / MIB} MiB`)

  // The name of the function by which tests have it panic.
  if (bytes.includes('armFault')) problems.push('it was built for tests, with faults to inject')

  /** @type {import('./executable.js').Executable} */
  let found
  try {
    found = inspect(bytes)
  } catch (error) {
    problems.push(/** @type {Error} */ (error).message)
    return { problems, summary: size }
  }
  const { format, arch, libraries, glibc, macos } = found
  if (format !== expected.format || arch !== expected.arch) {
    problems.push(`it is ${format} for ${arch}, not ${expected.format} for ${expected.arch}`)
  }
  if (platform.endsWith('-gnu')) {
    if (glibc === null) problems.push('it names no version of glibc: is it for musl?')
    else if (!/^[\d.]+$/.test(glibc) || compareVersions(glibc, GLIBC) > 0) problems.push(`it needs glibc ${glibc}, newer than ${GLIBC}`)
  } else if (glibc !== null) {
    problems.push(`it needs glibc ${glibc}, which this platform has not`)
  }
  if (platform.startsWith('darwin-')) {
    if (macos === null) problems.push('it does not say which macOS it runs on')
    else if (compareVersions(macos, MACOS) > 0) problems.push(`it needs macOS ${macos}, newer than ${MACOS}`)
  }
  const strange = libraries.filter((name) => !expected.libraries.test(name))
  if (strange.length > 0) problems.push(`it needs ${strange.join(', ')}, which not every system has`)
  return { problems, summary: [size, glibc && `glibc ${glibc}`, macos && `macOS ${macos}`, libraries.join(' ')].filter(Boolean).join(', ') }
}

/**
 * @param {readonly string[]} platforms
 * @param {(platform: string) => string} file
 * @returns {boolean} whether all may be published
 */
function gate(platforms, file) {
  let open = true
  for (const platform of platforms) {
    const { problems, summary } = judge(platform, file(platform))
    console.log(`${problems.length === 0 ? 'ok     ' : 'REFUSED'} ${platform.padEnd(17)} ${summary}`)
    for (const problem of problems) console.log(`        ${problem}`)
    if (problems.length > 0) open = false
  }
  return open
}

module.exports = { EXPECTED, gate, judge }
