// What users of the CSV exports write: options, sources of every kind, columns checked against their rows.
import { Readable, type Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createCsvTransform, exportCsv, exportCsvFile, exportCsvStream } from 'offloop'
import type { CsvColumn, CsvColumnSource, CsvDialect, CsvFormat, CsvSource, CsvSummary, ExportCsvOptions } from 'offloop'

interface Order {
  id: number
  customer: { name: string } | null
  total: bigint
}
declare const orders: Order[]
declare const cursor: AsyncGenerator<Order>
declare const response: Writable

// Every option, and each of its values.
export const all: ExportCsvOptions<Order> = {
  columns: ['id', { key: 'customer.name', header: 'Customer' }, { header: 'Total', value: (row, index) => row.total * BigInt(index), format: { number: { decimals: 2 } } }],
  header: true, dialect: 'excel', delimiter: '||', quote: "'", escape: '\\', lineEnding: '\n', bom: true, quoting: 'strings', encoding: 'latin1', replacement: '?',
  format: { number: { decimals: 2, decimalSeparator: ',' }, date: { pattern: 'yyyy', timeZone: 'Europe/Zurich' }, boolean: ['yes', 'no'], null: 'NULL', undefined: '', bytes: 'hex' },
  formulas: 'reject', compress: { zstd: 19 }, verify: true, maxBlockMs: 2, onProgress: ({ rows, bytes }) => void (rows + bytes),
  signal: AbortSignal.timeout(1000), timeoutMs: 1000, priority: 'interactive'
}
export const dialects: CsvDialect[] = ['rfc4180', 'excel', 'tsv', 'postgres']
export const quoting: Required<ExportCsvOptions>['quoting'][] = ['minimal', 'all', 'strings', 'none']
export const encodings: Required<ExportCsvOptions>['encoding'][] = ['utf8', 'utf16le', 'latin1']
export const compressions: Required<ExportCsvOptions>['compress'][] = ['gzip', 'zstd', { gzip: 9 }, { zstd: 1 }]
export const formats: CsvFormat[] = [{}, { date: 'iso' }, { date: 'date' }, { date: 'epoch-ms' }, { date: { pattern: 'dd.MM.yyyy' } }, { number: { decimalSeparator: ',' } }]

// Options kept apart, as constants too.
const columns = ['id', { key: 'customer.name' }] as const
const booleans = ['1', '0'] as const
export const shared = { columns, format: { boolean: booleans }, dialect: 'tsv' } as const satisfies ExportCsvOptions<Order>
export const again: Promise<Buffer> = exportCsv(orders, shared)

// Sources.
export const sources: CsvSource<Order>[] = [orders, new Set(orders), orders.values(), cursor, Readable.from(orders)]
export const byColumn: CsvColumnSource = {
  columns: { f64: new Float64Array(1), u8: new Uint8Array(1), i64: new BigInt64Array(1), u64: new BigUint64Array(1), text: ['a'], like: { length: 1, 0: 'x' } }
}
export const fromColumns: Promise<Buffer> = exportCsv(byColumn, { columns: ['f64', { key: 'text', format: { null: '-' } }] })
export const inline: Promise<Buffer> = exportCsv({ columns: { id: new Uint32Array(2), name: ['a', 'b'] } })
export const readOnly = exportCsv(Object.freeze([{ a: 1 }] as const))
export const arrays: Promise<CsvSummary> = exportCsvFile([['a', 1], ['b', 2]], 'x.csv', { columns: [{ header: 'A' }, { header: 'B', value: (row) => row[1] }] })

// Streams.
export async function streams(): Promise<string> {
  const stream = exportCsvStream(cursor, { columns: [{ header: 'Name', value: ({ customer }) => customer?.name }] })
  const readable: Readable = stream
  readable.pipe(response)
  const transform = createCsvTransform<Order>({ columns: [{ header: 'Id', value: (row) => row.id.toFixed() }] })
  const plain: Transform = transform
  await pipeline(cursor, plain, response)
  await pipeline(Readable.from(orders), createCsvTransform({ compress: 'gzip' }), response)
  const { rows, bytes, sha256, longestBlockMs }: CsvSummary = await transform.summary
  return `${sha256} ${rows + bytes + longestBlockMs} ${(await stream.summary).rows}`
}

// A column of one kind of row is none of another's.
export const column: CsvColumn<Order> = { header: 'Id', value: (row) => row.id }
export const typed = exportCsv(orders, { columns: [column, { key: 'id', value: (row) => row.customer?.name }] })

// @ts-expect-error: no dialect
export const noDialect: CsvDialect = 'csv'
// @ts-expect-error: no property of the row
export const noProperty = exportCsv(orders, { columns: [{ header: 'x', value: (row) => row.nothing }] })
// @ts-expect-error: no level alone
export const noLevel: ExportCsvOptions = { compress: { level: 3 } }
// @ts-expect-error: two texts
export const noTexts: CsvFormat = { boolean: ['yes'] }
// @ts-expect-error: no row
export const noRows = exportCsv([1, 2])
// @ts-expect-error: no option
export const noOption: ExportCsvOptions = { separator: ';' }
// @ts-expect-error: the summary is not for setting
createCsvTransform().summary = Promise.reject(new Error('x'))
