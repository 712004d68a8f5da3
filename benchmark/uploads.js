'use strict'

// The same picture as if many users had sent it: files that differ in some bytes behind their end, which no decoder
// reads. offloop does identical calls that run at the same time once, which is no measure of resizing.

const COUNT = 16

/**
 * @param {Buffer} bytes
 * @returns {() => Buffer} the next upload; none comes twice among 16
 */
function uploads(bytes) {
  const files = Array.from({ length: COUNT }, (_, i) => Buffer.concat([bytes, Buffer.from([0, i])]))
  let next = 0
  return () => files[next++ % COUNT]
}

module.exports = { uploads }
