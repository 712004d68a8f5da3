'use strict'

// What decides whether a step is stale: the contents of its inputs, not their times, which a clone or a
// branch switch changes without reason.

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

/**
 * The files under the given paths, sorted, relative to the root; a path that does not exist gives none.
 * @param {string} root
 * @param {readonly string[]} paths
 * @returns {string[]}
 */
function files(root, paths) {
  /** @type {string[]} */
  const found = []
  for (const name of paths) {
    const stat = fs.statSync(path.join(root, name), { throwIfNoEntry: false })
    if (stat === undefined) continue
    if (!stat.isDirectory()) {
      found.push(name)
      continue
    }
    for (const entry of fs.readdirSync(path.join(root, name), { withFileTypes: true })) {
      // What is installed there is nobody's source, and a gigabyte in places.
      if (entry.name !== 'node_modules') found.push(...files(root, [path.join(name, entry.name)]))
    }
  }
  return found.sort()
}

/**
 * @param {string} root
 * @param {readonly string[]} paths
 * @param {readonly string[]} [more] further inputs, such as settings
 */
function digest(root, paths, more = []) {
  const hash = crypto.createHash('sha256')
  for (const name of files(root, paths)) {
    const content = fs.readFileSync(path.join(root, name))
    hash.update(`${name}\0${content.length}\0`).update(content)
  }
  for (const value of more) hash.update(`${value}\0`)
  return hash.digest('hex')
}

/**
 * @param {string} file
 * @returns {Record<string, string>} empty where there is none, or it is damaged
 */
function read(file) {
  try {
    const stamp = JSON.parse(fs.readFileSync(file, 'utf8'))
    return typeof stamp === 'object' && stamp !== null ? stamp : {}
  } catch {
    return {}
  }
}

/**
 * @param {string} file
 * @param {Record<string, string>} stamp
 */
function write(file, stamp) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, `${JSON.stringify(stamp, null, 2)}\n`)
}

module.exports = { files, digest, read, write }
