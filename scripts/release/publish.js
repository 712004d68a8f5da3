'use strict'

// Publishes packed tarballs: the platforms' packages first, so that offloop never names one that is not there. After a
// failure midway it can simply be run again.

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { PLATFORMS } = require('../../lib/platform.js')
const { say } = require('../setup.js')

/**
 * @typedef {(args: string[], interactive?: boolean) => { status: number | null, stdout: string | null, stderr: string | null }} Npm runs
 *   npm; interactive: it may ask for a second factor, so it has the terminal
 * @typedef {{ name: string, file: string }} Tarball
 */

/**
 * The tarballs of a version, in the order in which they are to be published.
 * @param {string} folder
 * @param {string} version
 * @returns {Tarball[]}
 * @throws when one is missing, or there is one that does not belong
 */
function tarballs(folder, version) {
  const all = [...PLATFORMS.map((platform) => `offloop-${platform}`), 'offloop'].map((name) => ({ name, file: path.join(folder, `${name}-${version}.tgz`) }))
  const missing = all.filter(({ file }) => !fs.existsSync(file)).map(({ file }) => path.basename(file))
  const strange = fs.readdirSync(folder).filter((name) => name.endsWith('.tgz') && !all.some(({ file }) => path.basename(file) === name))
  if (missing.length > 0) throw new Error(`Missing in ${folder}: ${missing.join(', ')}`)
  if (strange.length > 0) throw new Error(`Not of version ${version} in ${folder}: ${strange.join(', ')}`)
  return all
}

/**
 * @param {readonly Tarball[]} packages
 * @param {string} version
 * @param {{ npm: Npm, provenance?: boolean }} options
 * @returns {string[]} what was published now, and was not there before
 * @throws when npm refuses one; those before it are published
 */
function publish(packages, version, { npm, provenance = false }) {
  // Who asks for `latest` is not to get a trial version.
  const tag = version.includes('-') ? 'next' : 'latest'
  const done = []
  for (const { name, file } of packages) {
    const there = published(npm, name, version)
    const integrity = `sha512-${crypto.createHash('sha512').update(fs.readFileSync(file)).digest('base64')}`
    if (there !== null && there !== integrity) throw new Error(`${name}@${version} is published already, with other contents. A new version is needed.`)
    if (there !== null) {
      say(`${name}@${version} is published already`)
      continue
    }
    const { status, stdout, stderr } = npm(['publish', file, '--access', 'public', '--tag', tag, ...(provenance ? ['--provenance'] : [])], true)
    if (status !== 0) throw new Error(`npm refused ${name}@${version}.\n${stdout ?? ''}${stderr ?? ''}`)
    say(`${name}@${version} published as ${tag}`)
    done.push(name)
  }
  return done
}

/**
 * The integrity of a package's version in the registry; null where there is none.
 * @param {Npm} npm
 * @param {string} name
 * @param {string} version
 */
function published(npm, name, version) {
  const { status, stdout, stderr } = npm(['view', `${name}@${version}`, 'dist.integrity', '--json'])
  const said = `${stdout ?? ''}${stderr ?? ''}`
  if (status === 0) return stdout?.trim() ? JSON.parse(stdout) : null
  // npm says it on either stream, by its version.
  if (/\bE404\b/.test(said)) return null
  throw new Error(`npm view ${name}@${version} failed:\n${said}`)
}

module.exports = { publish, tarballs }
