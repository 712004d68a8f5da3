'use strict'

// What a shared library is for and what it needs, read from its own headers. So one machine can judge the binaries of
// all platforms, without their tools. Formats: the System V ABI and its "GNU symbol versioning" supplement for ELF,
// Apple's mach-o/loader.h, and Microsoft's "PE Format".

/**
 * @typedef {object} Executable
 * @property {'elf' | 'mach-o' | 'pe'} format
 * @property {'x64' | 'arm64' | string} arch
 * @property {string[]} libraries what the loader must find
 * @property {string | null} glibc the newest version of glibc that a symbol asks for, as `2.17`
 * @property {string | null} macos the oldest macOS that it says it runs on, as `11.0`
 */

/**
 * @param {Buffer} bytes
 * @returns {Executable}
 */
function inspect(bytes) {
  try {
    if (bytes.length > 64 && bytes.readUInt32BE(0) === 0x7f454c46) return elf(bytes)
    if (bytes.length > 32 && bytes.readUInt32LE(0) === 0xfeedfacf) return machO(bytes)
    if (bytes.length > 64 && bytes.readUInt16LE(0) === 0x5a4d) return pe(bytes)
  } catch (cause) {
    throw new Error('a damaged binary: its headers point outside of it', { cause })
  }
  throw new Error('no ELF, Mach-O or PE file')
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
function text(bytes, at) {
  const end = bytes.indexOf(0, at)
  if (at < 0 || at >= bytes.length || end === -1) throw new RangeError('a string outside of the file')
  return bytes.toString('latin1', at, end)
}

/**
 * @param {string} a
 * @param {string} b versions as `2.17`
 * @returns {number} below 0 if a is older
 */
function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
function u64(bytes, at) {
  return Number(bytes.readBigUInt64LE(at))
}

const PT_LOAD = 1
const PT_DYNAMIC = 2
const DT_NEEDED = 1
const DT_STRTAB = 5
const DT_VERNEED = 0x6ffffffe
const DT_VERNEEDNUM = 0x6fffffff

/**
 * @param {Buffer} bytes
 * @returns {Executable}
 */
function elf(bytes) {
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new Error('an ELF file, but not of 64 bits, little-endian')
  const machine = bytes.readUInt16LE(18)
  const arch = { 0x3e: 'x64', 0xb7: 'arm64' }[machine] ?? `machine ${machine}`
  const headers = Array.from({ length: bytes.readUInt16LE(56) }, (_, i) => u64(bytes, 32) + i * bytes.readUInt16LE(54))
    .map((at) => ({ type: bytes.readUInt32LE(at), offset: u64(bytes, at + 8), address: u64(bytes, at + 16), size: u64(bytes, at + 32) }))

  /** @param {number} address */
  const offset = (address) => {
    const segment = headers.find(({ type, address: start, size }) => type === PT_LOAD && address >= start && address < start + size)
    if (segment === undefined) throw new RangeError('an address outside of the file')
    return address - segment.address + segment.offset
  }

  const dynamic = headers.find(({ type }) => type === PT_DYNAMIC)
  if (dynamic === undefined) throw new Error('an ELF file, but no shared library')
  /** @type {[tag: number, value: number][]} */
  const entries = []
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = u64(bytes, at)
    if (tag === 0) break
    entries.push([tag, u64(bytes, at + 8)])
  }
  /** @param {number} tag */
  const value = (tag) => entries.find(([one]) => one === tag)?.[1]
  const strings = offset(value(DT_STRTAB) ?? -1)

  // A chain of files, each with a chain of the versions needed of it.
  const versions = []
  let file = value(DT_VERNEED) === undefined ? 0 : offset(/** @type {number} */ (value(DT_VERNEED)))
  for (let files = value(DT_VERNEEDNUM) ?? 0; files > 0; files--) {
    let version = file + bytes.readUInt32LE(file + 8)
    for (let count = bytes.readUInt16LE(file + 2); count > 0; count--) {
      versions.push(text(bytes, strings + bytes.readUInt32LE(version + 8)))
      version += bytes.readUInt32LE(version + 12)
    }
    file += bytes.readUInt32LE(file + 12)
  }
  const glibc = versions.flatMap((name) => /^GLIBC_(\d+(?:\.\d+)*)$/.exec(name)?.[1] ?? [])
  // Such as GLIBC_ABI_DT_RELR or GLIBC_PRIVATE: no version, but what only newer or the very same builds have.
  const odd = versions.find((name) => name.startsWith('GLIBC_') && !/^GLIBC_[\d.]+$/.test(name))
  return {
    format: 'elf',
    arch,
    libraries: entries.filter(([tag]) => tag === DT_NEEDED).map(([, at]) => text(bytes, strings + at)),
    glibc: odd?.slice('GLIBC_'.length) ?? glibc.sort(compareVersions).at(-1) ?? null,
    macos: null
  }
}

const LC_LOAD_DYLIB = 0xc
const LC_LOAD_WEAK_DYLIB = 0x80000018
const LC_REEXPORT_DYLIB = 0x8000001f
const LC_VERSION_MIN_MACOSX = 0x24
const LC_BUILD_VERSION = 0x32

/**
 * @param {Buffer} bytes
 * @returns {Executable}
 */
function machO(bytes) {
  const cpu = bytes.readUInt32LE(4)
  const arch = { 0x01000007: 'x64', 0x0100000c: 'arm64' }[cpu] ?? `cpu ${cpu}`
  const libraries = []
  let macos = null
  let at = 32
  for (let count = bytes.readUInt32LE(16); count > 0; count--) {
    const command = bytes.readUInt32LE(at)
    if (command === LC_LOAD_DYLIB || command === LC_LOAD_WEAK_DYLIB || command === LC_REEXPORT_DYLIB) {
      libraries.push(text(bytes, at + bytes.readUInt32LE(at + 8)))
    } else if (command === LC_BUILD_VERSION || command === LC_VERSION_MIN_MACOSX) {
      const version = bytes.readUInt32LE(at + (command === LC_BUILD_VERSION ? 12 : 8))
      macos = `${version >>> 16}.${version >>> 8 & 0xff}`
    }
    at += bytes.readUInt32LE(at + 4)
  }
  return { format: 'mach-o', arch, libraries, glibc: null, macos }
}

/**
 * @param {Buffer} bytes
 * @returns {Executable}
 */
function pe(bytes) {
  const header = bytes.readUInt32LE(0x3c)
  if (bytes.readUInt32LE(header) !== 0x4550) throw new Error('a program of DOS, no PE file')
  const machine = bytes.readUInt16LE(header + 4)
  const arch = { 0x8664: 'x64', 0xaa64: 'arm64' }[machine] ?? `machine ${machine}`
  const optional = header + 24
  if (bytes.readUInt16LE(optional) !== 0x20b) throw new Error('a PE file, but not of 64 bits')
  const table = optional + bytes.readUInt16LE(header + 20)
  const sections = Array.from({ length: bytes.readUInt16LE(header + 6) }, (_, i) => table + i * 40)
    .map((at) => ({ size: bytes.readUInt32LE(at + 16), address: bytes.readUInt32LE(at + 12), offset: bytes.readUInt32LE(at + 20) }))

  /** @param {number} address relative to where the image is loaded */
  const offset = (address) => {
    const section = sections.find(({ address: start, size }) => address >= start && address < start + size)
    if (section === undefined) throw new RangeError('an address outside of the file')
    return address - section.address + section.offset
  }

  /**
   * @param {number} directory its number
   * @param {number} size of a descriptor
   * @param {number} name where in it the name's address stands
   */
  const names = (directory, size, name) => {
    const found = []
    const address = bytes.readUInt32LE(optional + 112 + directory * 8)
    for (let at = address === 0 ? -1 : offset(address); at !== -1 && bytes.readUInt32LE(at + name) !== 0; at += size) {
      found.push(text(bytes, offset(bytes.readUInt32LE(at + name))))
    }
    return found
  }
  // The import table, and what is loaded at its first use.
  return { format: 'pe', arch, libraries: [...names(1, 20, 12), ...names(13, 32, 4)], glibc: null, macos: null }
}

module.exports = { inspect, compareVersions }
