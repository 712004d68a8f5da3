'use strict'

// A registry on the loopback interface, with nothing behind it: what is not published to it is not there.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')

/**
 * @typedef {object} Registry
 * @property {(args: string[], cwd: string) => string} npm runs npm against it and gives what it printed
 * @property {(args: string[], cwd: string) => import('node:child_process').SpawnSyncReturns<string>} try the same, whatever comes of it
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<number>} a port that nobody listens on */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}

/**
 * @param {{ node: string, program: string, folder: string, environment: NodeJS.ProcessEnv }} options program: verdaccio's; folder: all that it and npm write
 * @returns {Promise<Registry>}
 */
async function startRegistry({ node, program, folder, environment }) {
  fs.mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const config = path.join(folder, 'config.yaml')
  fs.writeFileSync(config, `
storage: ${JSON.stringify(path.join(folder, 'storage'))}
web: { enable: false }
uplinks: {}
packages:
  '**': { access: $all, publish: $anonymous }
log: { type: stdout, format: pretty, level: warn }
max_body_size: 50mb
`)
  const npmrc = path.join(folder, 'npmrc')
  // npm wants some token before it publishes; the registry takes everybody.
  fs.writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=anybody\n`)
  const env = {
    ...environment,
    npm_config_userconfig: npmrc,
    npm_config_globalconfig: path.join(folder, 'no-global-npmrc'),
    npm_config_cache: path.join(folder, 'cache'),
    npm_config_update_notifier: 'false',
    npm_config_loglevel: 'error'
  }

  const child = spawn(node, [program, '--config', config, '--listen', `127.0.0.1:${port}`], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let said = ''
  child.stdout.on('data', (text) => { said += text })
  child.stderr.on('data', (text) => { said += text })
  const deadline = Date.now() + 60_000
  while (!await fetch(`${url}-/ping`).then((response) => response.ok, () => false)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the registry did not start:\n${said}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }

  const attempt = (/** @type {string[]} */ args, /** @type {string} */ cwd) =>
    spawnSync('npm', args, { cwd, env, encoding: 'utf8', timeout: 120_000, shell: process.platform === 'win32' })
  return {
    try: attempt,
    npm(args, cwd) {
      const result = attempt(args, cwd)
      if (result.status !== 0) throw new Error(`npm ${args.join(' ')}: ${result.error ?? `exit code ${result.status}`}\n${result.stdout}${result.stderr}`)
      return result.stdout
    },
    stop: () => new Promise((resolve) => {
      process.off('exit', kill)
      child.once('exit', () => resolve())
      kill()
    })
  }
}

module.exports = { startRegistry }
