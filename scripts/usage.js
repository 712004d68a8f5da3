'use strict'

const USAGE = `Usage: npm run demo [-- photo.jpg] [-- --out DIR]   what offloop does, live (-- --help says more)
       npm test                                     all tests
       npm test -- rust | js [file…]                one half of them
       npm run test:install                         packed, published to a local registry, installed, used
       npm run test:interop [-- READER…]            CSV read back by seven others, databases among them; -- --seed N, -- --strict
       npm run test:asan                            the Rust tests under AddressSanitizer
       npm run bench [-- SUITE…] [-- --quick]       offloop beside its peers: isolation, passwords, csv, images, scaling
       npm run docs                                 the API's documentation, into docs/api/
       npm run build [-- --profile NAME]            the binding; profiles are Cargo's: release, quick, dev
       npm run build -- --target TRIPLE             the binding as it is published, for one of the eight targets
       npm run lint                                 formatting, clippy, oxlint, types, docs, versions, workflows, licences
       npm run pack [-- --all]                      the npm packages; --all: of every platform, as they are published
       npm run version:set -- 1.2.3                 a new version, everywhere
       npm run release:publish -- --as v1.2.3       what was packed, to npm; what CI does

\`npm test -- js --prebuilt\`, \`npm run test:install -- --prebuilt\` and \`npm run test:interop -- --prebuilt\` take the binary that is in lib/binding, built elsewhere.`

/**
 * Says what there is, and what was not understood of what was asked.
 * @param {string | undefined} unknown
 * @returns {number} the exit code
 */
function usage(unknown) {
  if (unknown !== undefined) console.error(`Not understood: ${unknown}`)
  console.error(USAGE)
  return 2
}

module.exports = { usage }
