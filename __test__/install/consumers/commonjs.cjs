'use strict'

const assert = require('node:assert/strict')
const { exportCsv, hashPassword, imageMetadata, resizeImage, verifyPassword } = require('offloop')

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR42hXNQRUAUQhCUaMYhShGeVGIQhSizB+XXA7ODDtouIHBQ4YOM8suWm5h8ZKl+0CskDiBsIioHhx76LiDw0eO3oN/4FVf+J8h0PduzBqZ8x/bxNQPwgaFy192SGgelC0q13/CJaXlA8Z7WAFXOTbyAAAAAElFTkSuQmCC', 'base64')

async function main() {
  for (const policy of [{ algorithm: 'argon2id' }, { algorithm: 'bcrypt', cost: 4 }]) {
    const stored = await hashPassword('correct horse', { policy })
    assert.equal(await verifyPassword('correct horse', stored), true)
    assert.equal(await verifyPassword('wrong', stored), false)
  }
  const csv = await exportCsv([{ id: 1, name: 'Ada, Countess' }])
  assert.equal(csv.toString(), 'id,name\r\n1,"Ada, Countess"\r\n')
  const { data, width } = await resizeImage(PNG, { width: 4, format: 'webp' })
  assert.equal(width, 4)
  assert.equal((await imageMetadata(data)).format, 'webp')
  console.log('three jobs done')
}

main()
