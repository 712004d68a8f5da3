import { exportCsv, hashPassword, resizeImage, verifyPassword } from 'offloop'

const stored = await hashPassword('correct horse')
const csv = await exportCsv([{ id: 1 }])
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR42hXNQRUAUQhCUaMYhShGeVGIQhSizB+XXA7ODDtouIHBQ4YOM8suWm5h8ZKl+0CskDiBsIioHhx76LiDw0eO3oN/4FVf+J8h0PduzBqZ8x/bxNQPwgaFy192SGgelC0q13/CJaXlA8Z7WAFXOTbyAAAAAElFTkSuQmCC', 'base64')
const { width } = await resizeImage(png, { width: 4 })
if (await verifyPassword('correct horse', stored) && csv.length === 7 && width === 4) console.log('three jobs done')
