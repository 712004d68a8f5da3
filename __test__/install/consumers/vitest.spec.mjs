import { expect, test } from 'vitest'
import { OffloopError, exportCsv, hashPassword, resizeImage, verifyPassword } from 'offloop'

test('hashes', async () => {
  const stored = await hashPassword('correct horse')
  expect(await verifyPassword('correct horse', stored)).toBe(true)
})

test('exports', async () => {
  const csv = await exportCsv([{ id: 1, at: new Date(0) }])
  expect(csv.toString()).toBe('id,at\r\n1,1970-01-01T00:00:00.000Z\r\n')
})

test('resizes, bytes of the test\'s own realm', async () => {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR42hXNQRUAUQhCUaMYhShGeVGIQhSizB+XXA7ODDtouIHBQ4YOM8suWm5h8ZKl+0CskDiBsIioHhx76LiDw0eO3oN/4FVf+J8h0PduzBqZ8x/bxNQPwgaFy192SGgelC0q13/CJaXlA8Z7WAFXOTbyAAAAAElFTkSuQmCC'
  const { width } = await resizeImage(Uint8Array.from(atob(png), (char) => char.charCodeAt(0)), { width: 4 })
  expect(width).toBe(4)
  await expect(resizeImage(new Uint8Array(9), { width: 4 })).rejects.toThrow(OffloopError)
})

