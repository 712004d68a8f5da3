import assert from 'node:assert/strict'
import offloop, * as names from '../../index.js'
import { OffloopError, hashPassword, verifyPassword } from '../../index.js'

assert.equal(offloop.hashPassword, hashPassword)
for (const name of Object.keys(offloop)) assert.equal(names[name], offloop[name], name)
const hash = await hashPassword('x', { policy: { algorithm: 'argon2id', memoryKiB: 8, passes: 1 } })
assert.equal(await verifyPassword('x', hash), true)
await assert.rejects(verifyPassword('x', 'y'), OffloopError)
process.stdout.write('came to the end\n')
