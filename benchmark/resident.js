'use strict'

// A process's resident set, as the kernel counts it.

const fs = require('node:fs')

/**
 * @param {string} pid
 * @param {'VmRSS' | 'VmHWM'} field
 * @returns {number | undefined} nothing where there is no /proc
 */
function procMiB(pid, field) {
  try {
    const [, kib] = new RegExp(`${field}:\\s+(\\d+) kB`).exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(kib) / 1024
  } catch {
    return undefined
  }
}

/** @param {number | undefined} pid of another process */
function residentMiB(pid) {
  return procMiB(String(pid), 'VmRSS')
}

/** The most that this process has had, since `forgetHighest` where that is possible. */
function highestMiB() {
  // maxRSS, elsewhere, may be that of the process that forked this one, which is small.
  return procMiB('self', 'VmHWM') ?? process.resourceUsage().maxRSS / 1024
}

/** Has the kernel count anew from here (proc(5), clear_refs). */
function forgetHighest() {
  try {
    fs.writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // Then what it took to start counts too, for every contender alike.
  }
}

module.exports = { residentMiB, highestMiB, forgetHighest }
