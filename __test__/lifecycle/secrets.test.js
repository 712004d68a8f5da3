'use strict'

// No password and no pepper's key is left in memory once the caller has cleared his own. Linux shows a process's
// memory as a file.

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { randomBytes } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const readline = require('node:readline')
const { test } = require('node:test')

/** Where in a process's memory the bytes are. */
function find(pid, needle) {
  const found = []
  const memory = fs.openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const line of fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const range = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line)
      if (range === null || /\[v(var|sys|dso)/.test(line)) continue
      const [start, end] = range.slice(1).map((hex) => Number.parseInt(hex, 16))
      const chunk = Buffer.alloc(1 << 20)
      for (let at = start; at < end; at += chunk.length - needle.length) {
        let length
        try {
          length = fs.readSync(memory, chunk, 0, Math.min(chunk.length, end - at), at)
        } catch {
          break // Reserved, and nothing there.
        }
        for (let i = chunk.indexOf(needle); i >= 0 && i + needle.length <= length; i = chunk.indexOf(needle, i + 1)) {
          found.push(`${(at + i).toString(16)} in ${line}`)
        }
        if (length < chunk.length) break
      }
    }
  } finally {
    fs.closeSync(memory)
  }
  return found
}

/** Pieces of a secret that are long enough to be nothing else: as it is, and as bcrypt has it, in big-endian words. */
function pieces(secret) {
  return [secret, Buffer.from(secret).swap32()].flatMap((bytes) =>
    [0, 4, 8, 12].map((at) => bytes.subarray(at, at + 12))
  )
}

// What has been hashed last has nothing after it that would overwrite what it left behind: each for itself, then all.
for (const scenario of ['bcrypt', 'bcrypt many', 'bcrypt drop-in', 'bcrypt sync', 'argon2', 'all']) {
  test(`passwords and keys are gone from memory: ${scenario}`, { skip: process.platform !== 'linux' && 'needs /proc' }, async () => {
    const [password, mask, key, keyMask] = [randomBytes(24), randomBytes(24), randomBytes(32), randomBytes(32)]
    // No NUL, for bcrypt.
    password.forEach((byte, i) => (password[i] = byte || 1))
    const masked = Buffer.from(password.map((byte, i) => byte ^ mask[i]))
    const maskedKey = Buffer.from(key.map((byte, i) => byte ^ keyMask[i]))
    const args = [scenario, ...[masked, mask, maskedKey, keyMask].map((bytes) => bytes.toString('hex'))]
    const child = spawn(process.execPath, [path.join(__dirname, 'secrets.js'), ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      assert.equal((await lines.next()).value, 'held')
      assert.ok(find(child.pid, password).length > 0, 'the search must find one that is there')
      child.stdin.write('\n')
      assert.equal((await lines.next()).value, 'done')
      for (const piece of [...pieces(password), ...pieces(key)]) assert.deepEqual(find(child.pid, piece), [])
    } finally {
      child.stdin.end('\n')
      child.kill()
    }
  })
}
