'use strict'

// The smallest Mach-O and PE files that say for whom they are and what they need.

/**
 * @param {{ cpu: number, libraries: string[], macos?: [number, number] }} what
 */
function machO({ cpu, libraries, macos }) {
  const commands = libraries.map((name) => {
    const size = 24 + Math.ceil((name.length + 1) / 8) * 8
    const command = Buffer.alloc(size)
    command.writeUInt32LE(0xc, 0)
    command.writeUInt32LE(size, 4)
    command.writeUInt32LE(24, 8)
    command.write(name, 24, 'latin1')
    return command
  })
  if (macos !== undefined) {
    const command = Buffer.alloc(24)
    command.writeUInt32LE(0x32, 0)
    command.writeUInt32LE(24, 4)
    command.writeUInt32LE(1, 8)
    command.writeUInt32LE(macos[0] << 16 | macos[1] << 8, 12)
    commands.push(command)
  }
  const header = Buffer.alloc(32)
  header.writeUInt32LE(0xfeedfacf, 0)
  header.writeUInt32LE(cpu, 4)
  header.writeUInt32LE(6, 12)
  header.writeUInt32LE(commands.length, 16)
  return Buffer.concat([header, ...commands])
}

/**
 * @param {{ machine: number, libraries: string[], delayed?: string[] }} what
 */
function pe({ machine, libraries, delayed = [] }) {
  const ADDRESS = 0x1000
  const OFFSET = 0x200
  const file = Buffer.alloc(OFFSET + 0x400)
  file.write('MZ', 0, 'latin1')
  file.writeUInt32LE(0x40, 0x3c)
  file.write('PE\0\0', 0x40, 'latin1')
  file.writeUInt16LE(machine, 0x44)
  file.writeUInt16LE(1, 0x46)
  file.writeUInt16LE(240, 0x54)
  const optional = 0x58
  file.writeUInt16LE(0x20b, optional)
  const section = optional + 240
  file.writeUInt32LE(0x400, section + 16)
  file.writeUInt32LE(ADDRESS, section + 12)
  file.writeUInt32LE(OFFSET, section + 20)
  let names = 0x200
  /**
   * @param {number} directory
   * @param {number} at
   * @param {string[]} list
   * @param {number} size
   * @param {number} name
   */
  const table = (directory, at, list, size, name) => {
    if (list.length > 0) file.writeUInt32LE(ADDRESS + at, optional + 112 + directory * 8)
    list.forEach((library, i) => {
      file.writeUInt32LE(ADDRESS + names, OFFSET + at + i * size + name)
      names += file.write(`${library}\0`, OFFSET + names, 'latin1')
    })
  }
  table(1, 0, libraries, 20, 12)
  table(13, 0x100, delayed, 32, 4)
  return file
}

module.exports = { machO, pe }
