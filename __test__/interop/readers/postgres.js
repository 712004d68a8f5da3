'use strict'

// PostgreSQL's COPY: a server of our own in a temporary folder, on a socket there, as a user without rights.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Missing, apt, found, run } = require('../setup.js')

const COLUMNS = {
  n: ['bigint', 'n::text', (cell) => cell.text],
  text: ['text', 'text', (cell) => cell.text],
  maybe: ['text', 'maybe', (cell) => cell.text],
  number: ['double precision', 'number::text', (cell) => Number(cell.text)],
  integer: ['bigint', 'integer::text', (cell) => cell.text],
  huge: ['numeric', 'huge::text', (cell) => cell.text],
  decimal: ['numeric', 'decimal::text', (cell) => cell.text],
  date: ['timestamptz', '(extract(epoch FROM date) * 1000)::bigint::text', (cell) => String(Number(cell.value))],
  boolean: ['boolean', 'boolean', (cell) => cell.value],
  json: ['jsonb', 'json::text', (cell) => JSON.parse(cell.text)],
  bytes: ['bytea', "encode(bytes, 'hex')", (cell) => cell.text.slice(2)],
  mixed: ['text', 'mixed', (cell) => cell.text]
}

const isTyped = ({ columns }) => columns.every(({ key }) => key in COLUMNS)

/** What comes as JSON's text, and as what it is compared. */
const READ = { number: Number, json: JSON.parse }

/** The newest folder with the server's programs: the PATH's, Debian's, Homebrew's. */
function programs() {
  const debian = '/usr/lib/postgresql'
  const versions = fs.existsSync(debian) ? fs.readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = ['', ...versions.map((version) => `${path.join(debian, version, 'bin')}/`)]
  return folders.find((folder) => ['initdb', 'postgres', 'psql'].every((name) => found([`${folder}${name}`])))
}

/** The server refuses to be root's. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((which) => Number(spawnSync('id', [which, name], { encoding: 'utf8' }).stdout || NaN))
    if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid }
  }
  throw new Missing('PostgreSQL does not run as root, and there is no user postgres or nobody to run it')
}

async function start() {
  if (process.platform === 'win32') throw new Missing('its private socket is Unix only')
  let bin = programs()
  if (bin === undefined) {
    apt(['postgresql'], 'Homebrew: `brew install postgresql`')
    bin = programs()
  }
  if (bin === undefined) throw new Missing('initdb, postgres and psql are not among what was installed')
  const user = unprivileged()
  // Short: a socket's path may have a hundred characters.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-pg-'))
  if (user.uid !== undefined) fs.chownSync(folder, user.uid, user.gid)
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  const data = path.join(folder, 'data')
  let server
  const kill = () => server?.kill('SIGQUIT')
  const close = async () => {
    process.off('exit', kill)
    if (server && server.exitCode === null) {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      // At once, and without leaving shared memory behind.
      server.kill('SIGINT')
      await gone
    }
    fs.rmSync(folder, { recursive: true, force: true })
  }
  try {
    run(`${bin}initdb`, ['-D', data, '-U', 'offloop', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...user, env, cwd: folder })
    const log = fs.openSync(path.join(folder, 'log'), 'w')
    server = spawn(`${bin}postgres`, ['-D', data, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'timezone=UTC', '-k', folder], { ...user, env, cwd: folder, stdio: ['ignore', log, log] })
    fs.closeSync(log)
    process.once('exit', kill)
    const psql = (sql) => run(`${bin}psql`, ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', folder, '-U', 'offloop', '-d', 'postgres', '-f', '-'], { env: { ...env, PGCLIENTENCODING: 'UTF8' }, input: sql, cwd: folder })
    const deadline = Date.now() + 60_000
    for (;;) {
      try {
        psql('SELECT 1')
        break
      } catch (error) {
        if (server.exitCode !== null || Date.now() > deadline) throw new Error(`the server did not start: ${fs.readFileSync(path.join(folder, 'log'), 'utf8').slice(-2000)}`, { cause: error })
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    return { psql, close, version: psql('SHOW server_version').trim(), number: Number(psql('SHOW server_version_num')) }
  } catch (error) {
    await close()
    throw error
  }
}

const name = (text) => `"${text.replaceAll('"', '""')}"`
const string = (text) => `'${text.replaceAll("'", "''")}'`

/** @param {import('../expected.js').Style} style */
function options(style, header) {
  const list = [
    'FORMAT csv', `HEADER ${header}`, `DELIMITER ${string(style.delimiter)}`, `QUOTE ${string(style.quote)}`, `ESCAPE ${string(style.escape)}`,
    `NULL ${string(style.format.null ?? '')}`, `ENCODING ${style.encoding === 'latin1' ? "'LATIN1'" : "'UTF8'"}`
  ]
  return list.join(', ')
}

async function prepare() {
  const { psql, close, version, number } = await start()
  return {
    about: `PostgreSQL ${version}`,
    close,
    read(file, style, table) {
      const typed = isTyped(table)
      const columns = table.columns.map(({ key, header }) => (typed ? { key, header, type: COLUMNS[key][0], sql: COLUMNS[key][1] } : { key, header, type: 'text', sql: name(key) }))
      // The header must be the names of the columns, where the server compares them.
      const printed = psql(`
SET client_min_messages = warning;
DROP TABLE IF EXISTS t;
CREATE TABLE t (${columns.map(({ header, type }) => `${name(header)} ${type}`).join(', ')});
COPY t FROM ${string(file)} WITH (${options(style, number >= 150_000 ? 'match' : 'true')});
${columns.map(({ header, key }) => (header === key ? '' : `ALTER TABLE t RENAME COLUMN ${name(header)} TO ${name(key)};`)).join('\n')}
SELECT json_build_array(${columns.map(({ sql }) => sql).join(', ')}) FROM t${table.columns.some(({ key }) => key === 'n') ? ' ORDER BY n' : ''};
`)
      return printed.split('\n').slice(0, -1).map((line) => JSON.parse(line).map((cell, i) => {
        const read = typed && READ[columns[i].key]
        return read && cell !== null ? read(cell) : cell
      }))
    },
    header: false,
    of: (cell, column, style, table) => {
      if (cell.kind === 'missing' && cell.text === (style.format.null ?? '')) return null
      // Without quotes, it is the text for null.
      if (cell.text === '' && !cell.quoted) return null
      return isTyped(table) ? COLUMNS[column][2](cell) : cell.text
    }
  }
}

module.exports = [{ name: 'postgres', prepare }]
