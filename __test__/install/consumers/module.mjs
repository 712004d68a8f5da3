import assert from 'node:assert/strict'
import offloop, { OffloopError, configurePool, drainPool, exportCsv, hashPassword, imageMetadata, poolStats, resizeImage, verifyPassword } from 'offloop'

configurePool({ threads: 2 })
assert.equal(offloop.hashPassword, hashPassword)
const stored = await hashPassword('correct horse')
assert.equal(await verifyPassword('correct horse', stored), true)
await assert.rejects(verifyPassword('x', 'no hash'), (error) => error instanceof OffloopError && error.code === 'ERR_HASH_FORMAT')
const csv = await exportCsv((function * () { yield [1, 2] })())
assert.equal(csv.toString(), '1,2\r\n')
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR42hXNQRUAUQhCUaMYhShGeVGIQhSizB+XXA7ODDtouIHBQ4YOM8suWm5h8ZKl+0CskDiBsIioHhx76LiDw0eO3oN/4FVf+J8h0PduzBqZ8x/bxNQPwgaFy192SGgelC0q13/CJaXlA8Z7WAFXOTbyAAAAAElFTkSuQmCC', 'base64')
const { data } = await resizeImage(png, { width: 4, format: 'jpeg' })
assert.equal((await imageMetadata(data)).width, 4)
assert.equal(poolStats().threads, 2)
await drainPool()
console.log('three jobs done')
