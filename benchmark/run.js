'use strict'

// offloop beside its peers. `npm run bench` in the repository runs all suites, `npm run bench -- isolation csv` some;
// `--quick` tries everything once, for seeing that it works. Results go to results/, tables and charts into README.md.

const fs = require('node:fs')
const path = require('node:path')
const { machine } = require('./machine.js')
const { report, SUITES } = require('./report.js')

async function main() {
  const args = process.argv.slice(2)
  const quick = args.includes('--quick')
  const asked = args.filter((arg, i) => !arg.startsWith('--') && args[i - 1] !== '--photo')
  const unknown = asked.filter((name) => !SUITES.some((suite) => suite === name))
  if (unknown.length > 0) {
    console.error(`No such suite: ${unknown.join(', ')}. There are ${SUITES.join(', ')}.`)
    process.exitCode = 2
    return
  }
  // What was tried in a hurry is not kept beside what was measured.
  const folder = quick ? path.join(__dirname, 'quick') : __dirname
  fs.mkdirSync(path.join(folder, 'results'), { recursive: true })
  for (const name of SUITES.filter((one) => asked.length === 0 || asked.includes(one))) {
    const suite = require(`./suites/${name}.js`)
    console.log(`${name}:`)
    const begun = performance.now()
    const measured = await suite.run(quick)
    const minutes = (performance.now() - begun) / 60_000
    fs.writeFileSync(path.join(folder, 'results', `${name}.json`), `${JSON.stringify({ suite: name, ...machine(), ...measured }, null, 1)}\n`)
    console.log(`  took ${minutes.toFixed(1)} minutes`)
  }
  console.log(await report(folder))
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
