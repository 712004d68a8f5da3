'use strict'

// As many threads as the process may use processors: an affinity mask or a container's quota counts, not the machine.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, rmdirSync, writeFileSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { test } = require('node:test')

const linux = process.platform !== 'linux' && 'affinity masks and cgroups are Linux\'s'
const PROGRAM = `const { hashPassword, poolStats } = require(${JSON.stringify(path.join(__dirname, '..', '..'))})
  hashPassword('x', { policy: { algorithm: 'argon2id', memoryKiB: 8, passes: 1 } }).then(() => console.log(poolStats().threads))`

/** @param {string[]} words a command that runs what is appended */
function threads(words) {
  const [program, ...args] = [...words, process.execPath, '-e', PROGRAM]
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000, env: { ...process.env, NODE_TEST_CONTEXT: undefined } })
  assert.equal(status, 0, `${error ?? ''}${stderr}`)
  return Number(stdout)
}

const several = os.availableParallelism() < 2 && 'there is one processor only'

test('as many as there are processors', () => assert.equal(threads([]), os.availableParallelism()))

test('an affinity mask of one processor makes one thread', { skip: linux || several }, (t) => {
  if (spawnSync('taskset', ['--version']).error) return t.skip('taskset is not installed')
  const { stdout } = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
  const [, first] = /: (\d+)/.exec(stdout)
  assert.equal(threads(['taskset', '-c', first]), 1)
})

/**
 * A cgroup that may use one processor's time, of version 2 or 1.
 * @returns {string} its folder
 * @throws where this process may not make one
 */
function cgroupOfOne() {
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers')
  const folder = path.join(unified ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu', `offloop-test-${process.pid}`)
  mkdirSync(folder)
  try {
    if (unified) writeFileSync(path.join(folder, 'cpu.max'), '100000 100000')
    else for (const name of ['cpu.cfs_period_us', 'cpu.cfs_quota_us']) writeFileSync(path.join(folder, name), '100000')
  } catch (error) {
    rmdirSync(folder)
    throw error
  }
  return folder
}

test('a cgroup that grants one processor makes one thread', { skip: linux || several }, (t) => {
  let folder
  try {
    folder = cgroupOfOne()
  } catch (error) {
    return t.skip(`no cgroup with a quota can be made here: ${error.message}`)
  }
  t.after(() => rmdirSync(folder))
  assert.equal(threads(['sh', '-c', `echo $$ > ${folder}/cgroup.procs && exec "$0" "$@"`]), 1)
})
