'use strict'

// The latency of a login (bcrypt, cost 12, one at a time) alone, and while two exports of a million rows and
// eight resizes run without a pause.
//
//   node logins.js [--seconds 25] [--photo FILE]

const { hashPassword, verifyPassword } = require('..')
const { inFlight, percentile, setting } = require('./measure.js')
const { bigExport, photo, resize } = require('./work.js')

const SECONDS = setting('seconds', 25)

/**
 * @param {string} name
 * @param {number[]} latencies
 */
function report(name, latencies) {
  console.log(`${name.padEnd(28)} p50 ${percentile(latencies, 50).toFixed(1)}  p99 ${percentile(latencies, 99).toFixed(1)}  ` +
    `max ${percentile(latencies, 100).toFixed(1)} ms  (${latencies.length} logins)`)
}

async function main() {
  const file = await photo()
  const hash = await hashPassword('secret', { policy: { algorithm: 'bcrypt', cost: 12 } })
  const login = () => verifyPassword('secret', hash)
  await inFlight(1, 2, login)

  const alone = await inFlight(1, SECONDS, login)
  report('alone', alone.latencies)

  const [beside, exports, pictures] = await Promise.all([
    inFlight(1, SECONDS, login),
    inFlight(2, SECONDS, bigExport),
    inFlight(8, SECONDS, () => resize(file))
  ])
  report('beside exports and resizes', beside.latencies)
  for (const p of [50, 99]) {
    console.log(`p${p} ratio ${(percentile(beside.latencies, p) / percentile(alone.latencies, p)).toFixed(2)}`)
  }
  console.log(`meanwhile ${exports.calls} exports and ${pictures.calls} resizes`)
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
