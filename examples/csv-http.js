'use strict'

// Large tables over HTTP as CSV, in two ways: `node examples/csv-http.js`, then
//
//   curl --compressed http://localhost:8080/orders.csv
//   curl --compressed http://localhost:8080/unpaid.csv
//
// Both hold some megabytes at most, however many rows there are: a slow client slows the source down, and one that goes
// away ends it.

const http = require('node:http')
const { Transform } = require('node:stream')
const { pipeline } = require('node:stream/promises')
const { createCsvTransform, exportCsvStream } = require('offloop')

/** Stands for a cursor of a database: rows come in pages, and the cursor is closed in the end, whatever happened. */
async function * orders (count = 200_000) {
  try {
    for (let id = 1; id <= count; id++) {
      if (id % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
      yield {
        id,
        customer: { name: id % 3 === 0 ? 'Müller, Zoë' : 'Ada Lovelace' },
        placed: new Date(Date.UTC(2026, 0, 1) + id * 61_007),
        total: (id % 9973) / 100,
        paid: id % 4 !== 0,
        // What customers write ends up in somebody's spreadsheet.
        note: id % 5 === 0 ? '=HYPERLINK("http://evil.example","click")' : null
      }
    }
  } finally {
    cursors.closed++
  }
}
const cursors = { closed: 0 }

const columns = [
  { key: 'id', header: 'Order' },
  { key: 'customer.name', header: 'Customer' },
  { key: 'placed', header: 'Placed', format: { date: /** @type {const} */ ({ pattern: 'yyyy-MM-dd HH:mm', timeZone: 'Europe/Zurich' }) } },
  { key: 'total', header: 'Total', format: { number: { decimals: 2 } } },
  { key: 'note', header: 'Note' }
]

/** The rows come from an iterator: exportCsvStream. */
function allOrders () {
  const csv = exportCsvStream(orders(), { dialect: 'excel', columns, compress: 'gzip' })
  return { csv, stages: [csv] }
}

/** The rows come through streams already: createCsvTransform is one more of them. */
function unpaidOrders () {
  /** @type {Transform} */
  const unpaid = new Transform({
    objectMode: true,
    transform (order, _, callback) {
      callback(null, order.paid ? undefined : order)
    }
  })
  const csv = createCsvTransform({ dialect: 'excel', columns, compress: 'gzip' })
  return { csv, stages: [orders(), unpaid, csv] }
}

/** @type {Record<string, typeof allOrders | typeof unpaidOrders>} */
const ROUTES = { '/orders.csv': allOrders, '/unpaid.csv': unpaidOrders }

const server = http.createServer(async (request, response) => {
  const route = ROUTES[String(request.url)]
  if (route === undefined) {
    response.writeHead(404).end()
    return
  }
  // Not every client knows gzip; one that does not could be given the same without `compress`.
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding']))) {
    response.writeHead(406).end('gzip is what there is\n')
    return
  }
  response.writeHead(200, {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${String(request.url).slice(1)}"`,
    'content-encoding': 'gzip'
  })
  const { csv, stages } = route()
  try {
    await pipeline(/** @type {any} */ ([...stages, response]))
    const { rows, bytes, longestBlockMs } = await csv.summary
    console.log(`${request.url}: ${rows} rows, ${bytes} bytes; the longest the loop was held: ${longestBlockMs.toFixed(1)} ms`)
  } catch (error) {
    // The client went away, or a row was wrong. The response was destroyed, so the client knows that it is not whole.
    console.error(`${request.url}: ${/** @type {Error} */ (error).message}`)
  }
})

if (require.main === module) {
  server.listen(Number(process.env.PORT ?? 8080), () => console.log(`http://localhost:${/** @type {any} */ (server.address()).port}${Object.keys(ROUTES).join(' and ')}`))
}

module.exports = { server, cursors }
