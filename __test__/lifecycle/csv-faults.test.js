'use strict'

// Exports that come to grief leave the process as it was: no partial and no temporary file, no job, no handle, no
// listener, and as much memory as before.

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { test } = require('node:test')
const { ROOT, node, passes } = require('../support/children.js')
const { folder } = require('../support/folder.js')

for (const scenario of ['sources that fail', 'readers that go away', 'aborts at random moments', 'workers that are terminated', 'a transform that nobody uses']) {
  test(scenario, () => passes('csv-faults.js', scenario, { flags: ['--expose-gc'], limitMs: 180_000 }))
}

const ROOM = 3 << 20

test('a disk that is full', async (t) => {
  const directory = folder(t)
  if (!mounted(directory)) {
    t.diagnostic('no small file system could be mounted here; the limit of a file\'s size stands in for it')
    await limited(directory)
    return
  }
  try {
    await passes('csv-faults.js', 'no room', { args: [directory, String(ROOM), 'ENOSPC'], flags: ['--expose-gc'], limitMs: 180_000 })
  } finally {
    execFileSync('umount', [directory])
  }
})

test('a file that may not grow', { skip: process.platform === 'win32' && 'Windows has no such limit' }, async (t) => limited(folder(t)))

/** A file system of its own, in memory, which needs root. */
function mounted(directory) {
  if (process.platform !== 'linux' || process.getuid() !== 0) return false
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM}`, 'offloop', directory], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The system's own limit, of which Node.js ignores the signal: writing fails with EFBIG. */
async function limited(directory) {
  const program = path.join(ROOT, '__test__', 'lifecycle', 'csv-faults.js')
  // POSIX counts in blocks of 512 bytes, bash in KiB unless it is called sh.
  const script = 'ulimit -f "$1" && shift && exec "$@"'
  const { code, signal, stdout, stderr } = await node([
    '-e',
    `const { status, signal } = require('child_process').spawnSync('sh', ['-c', ${JSON.stringify(script)}, 'sh', ...process.argv.slice(1)], { stdio: 'inherit' }); process.exit(signal ? 99 : status)`,
    String(ROOM / 512), process.execPath, '--expose-gc', program, 'no room', directory, String(ROOM), 'EFBIG'
  ], { limitMs: 180_000 })
  assert.deepEqual({ code, signal, stdout, stderr }, { code: 0, signal: null, stdout: 'came to the end\n', stderr: '' })
}
