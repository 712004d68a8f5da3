import { exportCsv, exportCsvStream, hashPassword, OffloopError, resizeImage, verifyPassword } from 'offloop'
import type { CsvSummary, ImageResult, PasswordPolicy, PoolStats } from 'offloop'

interface Order { id: number, customer: { name: string }, net: number }

const policy: PasswordPolicy = { algorithm: 'bcrypt', cost: 4 }
const stored: string = await hashPassword('correct horse', { policy })
const ok: boolean = await verifyPassword('correct horse', stored)
if (!ok) throw new Error('the password was not recognised')

const orders: Order[] = [{ id: 1, customer: { name: 'Ada' }, net: 10 }]
const csv: Buffer = await exportCsv(orders, {
  columns: ['id', { key: 'customer.name', header: 'Customer' }, { header: 'Total', value: (order) => order.net * 2 }]
})
if (csv.toString() !== 'id,Customer,Total\r\n1,Ada,20\r\n') throw new Error(csv.toString())
const stream = exportCsvStream(orders)
for await (const _ of stream) { /* read it */ }
const summary: CsvSummary = await stream.summary
if (summary.rows !== 1) throw new Error('not one row')

// @ts-expect-error: a policy that there is none of
await hashPassword('x', { policy: { algorithm: 'md5' } }).then(() => { throw new Error('hashed with md5') }, () => {})
// @ts-expect-error: an option misspelt
await exportCsv(orders, { delimeter: ';' }).then(() => { throw new Error('took an unknown option') }, () => {})

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR42hXNQRUAUQhCUaMYhShGeVGIQhSizB+XXA7ODDtouIHBQ4YOM8suWm5h8ZKl+0CskDiBsIioHhx76LiDw0eO3oN/4FVf+J8h0PduzBqZ8x/bxNQPwgaFy192SGgelC0q13/CJaXlA8Z7WAFXOTbyAAAAAElFTkSuQmCC', 'base64')
const image: ImageResult = await resizeImage(png, { width: 4, fit: 'inside' })
if (image.width !== 4) throw new Error('not 4 wide')
const failure: unknown = await resizeImage(Buffer.from('no image'), { width: 4 }).catch((error: unknown) => error)
if (!(failure instanceof OffloopError) || failure.code !== 'ERR_IMAGE_FORMAT') throw new Error('no ERR_IMAGE_FORMAT')
export type Threads = PoolStats['threads']
console.log('three jobs done')
