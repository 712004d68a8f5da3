'use strict'

// The npm packages, as they are published: offloop itself, which is JavaScript only and names the platforms' packages
// as optional dependencies of its very version, and one package a platform, which is its binary.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { PLATFORMS } = require('../../lib/platform.js')
const { say } = require('../setup.js')

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} file the tarball
 * @property {number} size packed, in bytes
 * @property {number} unpackedSize in bytes
 * @property {string[]} files
 */

/**
 * The main package in a folder of its own. What serves only the repository is left out of its manifest.
 * @param {string} root
 * @param {string} to
 */
function stageMain(root, to) {
  // `private` keeps a checkout, whose manifest names no platform's package, from being published.
  const { private: _, scripts: __, devDependencies: ___, overrides: ____, ...manifest } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  manifest.optionalDependencies = Object.fromEntries(PLATFORMS.map((platform) => [`offloop-${platform}`, manifest.version]))
  for (const name of [...manifest.files, 'README.md', 'LICENSE']) {
    // What was built for this machine is no part of it.
    const filter = (/** @type {string} */ source) => path.relative(root, source) !== path.join('lib', 'binding')
    fs.cpSync(path.join(root, name), path.join(to, name), { recursive: true, filter })
  }
  fs.writeFileSync(path.join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/**
 * @param {string} root
 * @param {string} platform
 * @param {string} binaries the folder that the binary is in
 * @param {string} to
 */
function stagePlatform(root, platform, binaries, to) {
  fs.cpSync(path.join(root, 'npm', platform), to, { recursive: true })
  const binary = `offloop.${platform}.node`
  fs.copyFileSync(path.join(binaries, binary), path.join(to, binary))
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(to, 'LICENSE'))
}

/**
 * @param {string} folder a staged package
 * @param {string} destination
 * @returns {Packed}
 */
function npmPack(folder, destination) {
  const shell = process.platform === 'win32'
  const out = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination], { cwd: folder, encoding: 'utf8', shell })
  const [{ name, version, filename, size, unpackedSize, files }] = JSON.parse(out)
  return {
    name, version, file: path.join(destination, filename), size, unpackedSize,
    files: files.map((/** @type {{ path: string }} */ entry) => entry.path)
  }
}

/**
 * Packs the platforms' packages and, last, the main one.
 * @param {{ root: string, platforms: readonly string[], binaries: string, destination: string }} what
 * @returns {Packed[]}
 */
function pack({ root, platforms, binaries, destination }) {
  fs.mkdirSync(destination, { recursive: true })
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-pack-'))
  try {
    const packed = platforms.map((platform) => {
      const folder = path.join(stage, platform)
      stagePlatform(root, platform, binaries, folder)
      return npmPack(folder, destination)
    })
    const main = path.join(stage, 'offloop')
    fs.mkdirSync(main)
    stageMain(root, main)
    packed.push(npmPack(main, destination))
    for (const { name, version, size, unpackedSize } of packed) {
      say(`${`${name}@${version}`.padEnd(34)} ${kib(size)} packed, ${kib(unpackedSize)} unpacked`)
    }
    return packed
  } finally {
    fs.rmSync(stage, { recursive: true, force: true })
  }
}

/** @param {number} bytes */
function kib(bytes) {
  return `${(bytes / 1024).toFixed(0)} KiB`.padStart(9)
}

module.exports = { pack }
