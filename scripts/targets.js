'use strict'

// The eight targets: what Rust calls them, and what npm/ does.

const { thisPlatform } = require('../lib/platform.js')

/** @type {Readonly<Record<string, string>>} */
const TARGETS = Object.freeze({
  'x86_64-unknown-linux-gnu': 'linux-x64-gnu',
  'aarch64-unknown-linux-gnu': 'linux-arm64-gnu',
  'x86_64-unknown-linux-musl': 'linux-x64-musl',
  'aarch64-unknown-linux-musl': 'linux-arm64-musl',
  'x86_64-apple-darwin': 'darwin-x64',
  'aarch64-apple-darwin': 'darwin-arm64',
  'x86_64-pc-windows-msvc': 'win32-x64-msvc',
  'aarch64-pc-windows-msvc': 'win32-arm64-msvc'
})

/** @param {string} target a Rust target */
function platformOf(target) {
  return TARGETS[target]
}

/**
 * How napi builds for a target, so that the binary runs wherever its package says: against glibc 2.17 with napi's own
 * toolchain, or with Zig for musl. macOS and Windows build on themselves.
 * @param {string} target
 */
function crossFlags(target) {
  if (target.endsWith('-linux-gnu')) return ['--use-napi-cross']
  if (target.endsWith('-linux-musl')) return ['--cross-compile']
  return []
}

module.exports = { TARGETS, platformOf, crossFlags, thisPlatform }
