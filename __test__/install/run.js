'use strict'

// Installs offloop as its users do: packs it, publishes it to a registry of its own on this machine, installs it from
// there into empty projects, and does the three jobs from each. `npm run test:install` runs it, with the tools of
// this folder's lockfile.

const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { PLATFORMS, thisPlatform } = require('../../lib/platform.js')
const { pack } = require('../../scripts/release/pack.js')
const { publish, tarballs } = require('../../scripts/release/publish.js')
const { startRegistry } = require('./registry.js')

const ROOT = path.resolve(__dirname, '..', '..')
const TOOLS = path.join(__dirname, 'node_modules')
const CONSUMERS = path.join(__dirname, 'consumers')
const HERE = thisPlatform()
const { version } = require('../../package.json')

/** The Node.js versions to try: npm's own packages of them, else only the one that runs this. */
const NODES = ['20', '22', '24', '26'].map((major) => ({ major, program: path.join(TOOLS, `node-${major}`, 'bin', 'node') }))

/** Everything that is written, outside of the repository. */
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-install-'))

/** For tools that want more than the oldest Node.js that offloop runs on. */
const MODERN = NODES.map(({ program }) => program).find((program) => program.includes('node-24') && fs.existsSync(program)) ?? process.execPath

let passed = 0
let failed = 0

/**
 * @param {string} name
 * @param {() => unknown} run
 */
function check(name, run) {
  const begun = performance.now()
  try {
    run()
    passed++
    console.log(`ok      ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
  } catch (error) {
    failed++
    console.log(`FAILED  ${name}\n${String(/** @type {Error} */ (error).message).replace(/^/gm, '        ')}`)
  }
}

/** What npm would hand down from the outer `npm run`, and Node from an outer test runner, is not the consumers'. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_|OFFLOOP)/i.test(name)))

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env?: Record<string, string> }} options
 * @returns {string} what it printed, to both streams
 */
function run(program, args, { cwd, env = {} }) {
  const result = spawnSync(program, args, { cwd, env: { ...environment, ...env }, encoding: 'utf8', timeout: 180_000 })
  const output = `${result.stdout}${result.stderr}`
  if (result.status !== 0) throw new Error(`${path.basename(program)} ${args.join(' ')}: ${result.error ?? `exit code ${result.status ?? result.signal}`}\n${output}`)
  return output
}

/**
 * The program of a tool's package.
 * @param {string} name the package's folder
 * @param {string} [command]
 */
function tool(name, command) {
  const { bin } = JSON.parse(fs.readFileSync(path.join(TOOLS, name, 'package.json'), 'utf8'))
  return path.join(TOOLS, name, typeof bin === 'string' ? bin : bin[command ?? name])
}

/**
 * An empty project with offloop installed from the registry.
 * @param {string} name
 * @param {{ registry: import('./registry.js').Registry, manifest?: object, files?: Record<string, string>, omit?: boolean }} options files:
 *   from consumers/, by the name they get
 */
function project(name, { registry, manifest = {}, files = {}, omit = false }) {
  const folder = path.join(temporary, 'projects', name)
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, private: true, ...manifest }))
  for (const [to, from] of Object.entries(files)) fs.copyFileSync(path.join(CONSUMERS, from), path.join(folder, to))
  registry.npm(['install', 'offloop', '--no-audit', '--no-fund', ...(omit ? ['--omit=optional'] : [])], folder)
  return folder
}

/** @param {string} output */
function didAll(output) {
  assert.equal(output, 'three jobs done\n')
}

/**
 * As a release does; the other platforms' packages come without their binaries: npm is to see whom they are for, and
 * leave them out.
 * @param {import('./registry.js').Registry} registry
 * @param {import('../../scripts/release/pack.js').Packed[]} packed
 */
function published(registry, packed) {
  const folder = path.join(temporary, 'packages')
  for (const platform of PLATFORMS) {
    if (platform !== HERE) registry.npm(['pack', path.join(ROOT, 'npm', platform), '--pack-destination', folder], temporary)
  }
  const npm = (/** @type {string[]} */ words) => registry.try(words, temporary)
  const names = [...PLATFORMS.map((platform) => `offloop-${platform}`), 'offloop']
  check('publishing stops where the registry refuses', () => {
    const [first, second] = tarballs(folder, version)
    const refusing = (/** @type {string[]} */ words) => words[0] === 'publish' && words[1] === second.file ? { status: 1, stdout: '', stderr: 'refused on purpose' } : npm(words)
    assert.throws(() => publish([first, second], version, { npm: refusing }), /npm refused .*refused on purpose/s)
  })
  check('publishing again goes on from there, the main package last', () => assert.deepEqual(publish(tarballs(folder, version), version, { npm }), names.slice(1)))
  check('publishing what is there does nothing', () => assert.deepEqual(publish(tarballs(folder, version), version, { npm }), []))
  check('other contents under a published version are refused', () => {
    const file = path.join(temporary, 'other.tgz')
    fs.copyFileSync(packed[0].file, file)
    fs.appendFileSync(file, Buffer.alloc(1))
    assert.throws(() => publish([{ name: packed[0].name, file }], version, { npm }), /published already, with other contents/)
  })
  check('a release that lacks a package is refused', () => {
    assert.throws(() => tarballs(path.join(temporary, 'projects'), version), /Missing in .*offloop-darwin-arm64/)
  })
}

/** @param {import('./registry.js').Registry} registry */
function consumers(registry) {
  /** @type {string} */
  let common
  check('npm installs offloop and the package of this platform, and no other', () => {
    common = project('common', { registry, files: { 'commonjs.cjs': 'commonjs.cjs', 'module.mjs': 'module.mjs', 'bundled.mjs': 'bundled.mjs' } })
    const installed = fs.readdirSync(path.join(common, 'node_modules')).filter((name) => !name.startsWith('.'))
    assert.deepEqual(installed.sort(), ['offloop', `offloop-${HERE}`])
    const lockfile = JSON.parse(fs.readFileSync(path.join(common, 'package-lock.json'), 'utf8'))
    for (const platform of PLATFORMS) assert.equal(lockfile.packages[`node_modules/offloop-${platform}`]?.version, version, `${platform} in the lockfile`)
  })

  const nodes = NODES.filter(({ program }) => fs.existsSync(program))
  if (nodes.length < NODES.length) console.log(`        npm's Node.js packages are for Linux on x64; here only ${process.version} is tried`)
  for (const program of nodes.length > 0 ? nodes.map(({ program }) => program) : [process.execPath]) {
    const its = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim()
    check(`CommonJS, Node.js ${its}`, () => didAll(run(program, ['commonjs.cjs'], { cwd: common })))
    check(`ES module, Node.js ${its}`, () => didAll(run(program, ['module.mjs'], { cwd: common })))
  }

  for (const compiler of ['typescript', 'typescript-5']) {
    const its = JSON.parse(fs.readFileSync(path.join(TOOLS, compiler, 'package.json'), 'utf8')).version
    for (const [resolution, module] of [['nodenext', 'nodenext'], ['bundler', 'esnext']]) {
      check(`TypeScript ${its}, moduleResolution ${resolution}`, () => {
        const folder = project(`typescript-${its}-${resolution}`, { registry, manifest: { type: 'module' }, files: { 'main.ts': 'typescript.ts' } })
        // Types of Node.js only; the compiler is this folder's.
        for (const name of ['@types/node', 'undici-types']) fs.cpSync(path.join(TOOLS, name), path.join(folder, 'node_modules', name), { recursive: true })
        fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({
          compilerOptions: { module, moduleResolution: resolution, target: 'es2022', lib: ['es2023'], types: ['node'], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmitOnError: true },
          files: ['main.ts']
        }))
        run(process.execPath, [tool(compiler, 'tsc')], { cwd: folder })
        didAll(run(process.execPath, ['main.js'], { cwd: folder }))
      })
    }
  }

  for (const jest of ['jest-29', 'jest-30']) {
    const its = JSON.parse(fs.readFileSync(path.join(TOOLS, jest, 'package.json'), 'utf8')).version
    check(`Jest ${its}`, () => {
      const folder = project(jest, { registry, manifest: { jest: { transform: {} } }, files: { 'offloop.test.js': 'jest.spec.js' } })
      const output = run(process.execPath, [tool(jest, 'jest'), '--rootDir', folder], { cwd: folder })
      assert.match(output, /Tests:\s+4 passed, 4 total/)
      assert.doesNotMatch(output, /did not exit/)
    })
  }

  check(`Vitest ${JSON.parse(fs.readFileSync(path.join(TOOLS, 'vitest', 'package.json'), 'utf8')).version}`, () => {
    const folder = project('vitest', { registry, files: { 'offloop.test.mjs': 'vitest.spec.mjs' } })
    fs.symlinkSync(path.join(TOOLS, 'vitest'), path.join(folder, 'node_modules', 'vitest'), 'junction')
    for (const pool of ['forks', 'threads']) {
      const output = run(MODERN, [tool('vitest'), 'run', `--pool=${pool}`], { cwd: folder, env: { NO_COLOR: '1' } })
      assert.match(output, /Tests\s+3 passed/, pool)
    }
  })

  check('esbuild, offloop external', () => {
    const esbuild = require(path.join(TOOLS, 'esbuild'))
    const outfile = path.join(common, 'external.mjs')
    esbuild.buildSync({ entryPoints: [path.join(common, 'bundled.mjs')], bundle: true, platform: 'node', format: 'esm', external: ['offloop'], outfile, logLevel: 'warning' })
    didAll(run(process.execPath, [outfile], { cwd: common }))
  })

  check('esbuild, offloop taken in although it should not be: it works beside node_modules, and says why it does not elsewhere', () => {
    const esbuild = require(path.join(TOOLS, 'esbuild'))
    const outfile = path.join(common, 'inside.cjs')
    fs.writeFileSync(path.join(common, 'inside.js'), 'require("offloop").exportCsv([{ id: 1 }]).then(() => console.log("three jobs done"))')
    esbuild.buildSync({ entryPoints: [path.join(common, 'inside.js')], bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'warning' })
    didAll(run(process.execPath, [outfile], { cwd: common }))
    const elsewhere = path.join(temporary, 'elsewhere.cjs')
    fs.copyFileSync(outfile, elsewhere)
    const { status, stderr } = spawnSync(process.execPath, [elsewhere], { cwd: temporary, env: environment, encoding: 'utf8' })
    assert.notEqual(status, 0)
    assert.match(stderr, /a bundler took offloop in: mark it as external/)
  })

  check('a missing binary: the error says which package to install, and why', () => {
    const folder = project('missing', { registry, files: { 'commonjs.cjs': 'commonjs.cjs' }, omit: true })
    const { status, stderr } = spawnSync(process.execPath, ['commonjs.cjs'], { cwd: folder, env: environment, encoding: 'utf8' })
    assert.notEqual(status, 0)
    assert.match(stderr, new RegExp(`its package offloop-${HERE}@.* is not installed\\. Usual reasons: .*--omit=optional`))
    // And what it says helps.
    const [, words] = /`npm (install offloop-[^`]+)`/.exec(stderr) ?? assert.fail(stderr)
    registry.npm([...words.split(' '), '--no-audit', '--no-fund'], folder)
    didAll(run(process.execPath, ['commonjs.cjs'], { cwd: folder }))
  })
}

/** @param {import('../../scripts/release/pack.js').Packed[]} packed */
function judges(packed) {
  const main = packed[packed.length - 1].file
  check('publint', () => assert.match(run(process.execPath, [tool('publint'), 'run', main, '--strict'], { cwd: temporary }), /All good!/))
  check('are the types wrong?', () => run(process.execPath, [tool('@arethetypeswrong/cli', 'attw'), main, '--format', 'ascii', '--no-color'], { cwd: temporary }))
}

async function main() {
  console.log(`What is published: (in ${temporary})`)
  fs.mkdirSync(path.join(temporary, 'projects'))
  const packed = pack({ root: ROOT, platforms: [HERE], binaries: path.join(ROOT, 'lib', 'binding'), destination: path.join(temporary, 'packages') })
  const registry = await startRegistry({ node: MODERN, program: tool('verdaccio'), folder: path.join(temporary, 'registry'), environment })
  try {
    published(registry, packed)
    consumers(registry)
    judges(packed)
  } finally {
    await registry.stop()
  }
}

main().catch((error) => {
  console.error(error)
  failed++
}).finally(() => {
  fs.rmSync(temporary, { recursive: true, force: true, maxRetries: 3 })
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
})
