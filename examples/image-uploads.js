'use strict'

// Uploads from strangers, made into the sizes that pages need: `node examples/image-uploads.js`, then
//
//   curl --data-binary @photo.jpg http://localhost:8080/photos
//   curl --output small.webp http://localhost:8080/photos/1/small.webp
//
// What is uploaded is taken for what its bytes say it is, never for what its name or content type say. One that is too
// large, no image or a bomb is refused on its header; a client that goes away ends the work; and while the pool has more
// to do than it should, clients are told to come back.

const http = require('node:http')
const { OffloopError, resizeImageSet } = require('offloop')

const MAX_BYTES = 20 * 1024 * 1024
/** @type {Record<string, import('offloop').ResizeImageOutput>} */
const SIZES = {
  'large.webp': { width: 1600, height: 1600, fit: 'inside', withoutEnlargement: true, format: 'webp' },
  'large.jpg': { width: 1600, height: 1600, fit: 'inside', withoutEnlargement: true, format: 'jpeg', progressive: true, background: 'white' },
  'small.webp': { width: 400, height: 300, position: 'attention', format: 'webp' },
  'tiny.jpg': { width: 32, height: 24, format: 'jpeg', quality: 60, background: 'white' }
}

/** @type {Record<string, number>} */
const STATUS = { ERR_IMAGE_FORMAT: 415, ERR_IMAGE_CORRUPT: 422, ERR_IMAGE_LIMIT: 413, ERR_MEMORY_BUDGET: 413, ERR_QUEUE_FULL: 503, ERR_DEADLINE: 503, ERR_SHUTDOWN: 503 }

/** Stands for an object store. @type {Map<string, import('offloop').ImageResult>} */
const store = new Map()
let lastId = 0

/**
 * The body, or undefined where it is longer than may be.
 * @param {http.IncomingMessage} request
 */
async function bodyOf (request) {
  if (Number(request.headers['content-length']) > MAX_BYTES) return undefined
  const chunks = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    // Longer than was said: to leave the loop ends the connection.
    if (length > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * @param {Buffer} upload
 * @param {AbortSignal} signal
 */
async function makeSizes (upload, signal) {
  const images = await resizeImageSet(upload, Object.values(SIZES), {
    // No photo of a phone is larger; a drawing of a bomb is.
    limits: { inputBytes: MAX_BYTES, inputPixels: 60_000_000, frames: 100 },
    timeoutMs: 20_000,
    // The Buffer is ours, and nobody reads it any more.
    transfer: true,
    signal
  })
  const id = ++lastId
  return Object.keys(SIZES).map((name, index) => {
    const url = `/photos/${id}/${name}`
    const { width, height } = images[index]
    store.set(url, images[index])
    return { url, width, height }
  })
}

/**
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
async function upload (request, response) {
  const controller = new AbortController()
  response.on('close', () => controller.abort())
  try {
    const body = await bodyOf(request)
    if (body === undefined) return answer(response, 413, { error: `at most ${MAX_BYTES} bytes` })
    answer(response, 201, await makeSizes(body, controller.signal))
  } catch (error) {
    // Nobody is there to be told.
    if (controller.signal.aborted) return
    if (!(error instanceof OffloopError)) throw error
    if (error.retryable) response.setHeader('retry-after', '5')
    answer(response, STATUS[error.code] ?? 500, { error: error.message })
  }
}

/**
 * @param {http.ServerResponse} response
 * @param {number} status
 * @param {object} body
 */
function answer (response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

const server = http.createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/photos') {
    upload(request, response).catch((error) => {
      console.error(error)
      response.destroy()
    })
    return
  }
  const image = store.get(String(request.url))
  if (image === undefined) return answer(response, 404, { error: 'no such picture' })
  response.writeHead(200, { 'content-type': `image/${image.format}`, 'x-content-type-options': 'nosniff' }).end(image.data)
})

if (require.main === module) {
  server.listen(Number(process.env.PORT ?? 8080), () => console.log(`POST an image to http://localhost:${/** @type {any} */ (server.address()).port}/photos`))
}

module.exports = { server, store }
