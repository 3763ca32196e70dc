// Brings the pinned Node and pnpm, then the workspace's dependencies. Plain JavaScript for Node >= 18, no dependency.
// INVARIANTS
// - Nothing to do: silent, and decided by reading a handful of files only (well under a second, no network).
// - Half a set-up is never taken for a whole one: the toolchain is renamed into place, the stamp is written last.
// - Two set-ups at once: the second waits for the first.
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = process.env.SLIPWAY_CACHE || join(homedir(), '.cache', 'slipway')
const bin = join(root, 'node_modules', '.slipway', 'bin')
const stampFile = join(root, 'node_modules', '.slipway', 'stamp')

/** Absolute path of the pinned Node's binary; a link into the cache. */
export const nodePath = join(bin, 'node')

/** Does whatever is missing; returns at once when nothing is. */
export function setup() {
  refuseUnsupported()
  const toolchain = join(
    cache,
    `toolchain-${process.arch}-${hashOf([join(root, 'scripts/toolchain/package-lock.json')])}`,
  )
  const wanted = hashOf(inputs())
  if (isReady(toolchain, wanted)) return
  withLock(() => {
    if (isReady(toolchain, wanted)) return
    const started = Date.now()
    bringToolchain(toolchain)
    linkTools(toolchain)
    say('installing the workspace’s packages')
    // pnpm must see the pinned Node first on its PATH: some packages refuse the system's older one.
    run(join(bin, 'pnpm'), ['install', '--frozen-lockfile', '--reporter=append-only'], root)
    writeFileSync(stampFile, wanted)
    say(`set-up done in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  })
}

function refuseUnsupported() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 18)
    fail(
      `Node ${process.versions.node} is too old to run the set-up`,
      'install Node 18 or newer (Debian 12: apt-get install nodejs npm)',
    )
  if (process.platform !== 'linux')
    fail(`Slipway's programs run on Linux; this is ${process.platform}`, 'use a Linux machine or a virtual machine')
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    fail(`no pinned Node for ${process.arch}`, 'use an x86-64 or arm64 machine')
}

function isReady(toolchain, wanted) {
  try {
    return (
      readFileSync(stampFile, 'utf8') === wanted &&
      statSync(nodePath).isFile() &&
      existsSync(join(toolchain, 'complete')) &&
      readlinkSync(nodePath).startsWith(toolchain)
    )
  } catch {
    return false
  }
}

/** Everything whose change makes a new install necessary. */
function inputs() {
  const manifests = ['apps', 'packages'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((name) => join(root, folder, name, 'package.json'))
      .filter(existsSync),
  )
  return ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', 'scripts/toolchain/package-lock.json']
    .map((name) => join(root, name))
    .concat(manifests)
}

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}

function bringToolchain(toolchain) {
  if (existsSync(join(toolchain, 'complete'))) return
  say('bringing the pinned Node and pnpm')
  mkdirSync(cache, { recursive: true })
  const making = `${toolchain}.making-${process.pid}`
  rmSync(making, { recursive: true, force: true })
  cpSync(join(root, 'scripts', 'toolchain'), making, { recursive: true })
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], making)
  writeFileSync(join(making, 'complete'), '')
  rmSync(toolchain, { recursive: true, force: true })
  renameSync(making, toolchain)
}

function linkTools(toolchain) {
  const modules = join(toolchain, 'node_modules')
  rmSync(bin, { recursive: true, force: true })
  mkdirSync(bin, { recursive: true })
  symlinkSync(join(modules, `node-linux-${process.arch}`, 'bin', 'node'), nodePath)
  symlinkSync(join(modules, '@pnpm', `exe.linux-${process.arch}`, 'pnpm'), join(bin, 'pnpm'))
  for (const tool of ['tsc', 'oxlint', 'oxfmt', 'vitest', 'esbuild', 'buf', 'protoc-gen-es'])
    symlinkSync(`../../.bin/${tool}`, join(bin, tool))
}

/** A folder is the lock: mkdir is atomic. A lock whose owner is gone is taken over. */
export function withLock(work) {
  const lock = join(root, 'node_modules', '.slipway', 'lock')
  mkdirSync(dirname(lock), { recursive: true })
  const deadline = Date.now() + 10 * 60_000
  for (let told = false; ;) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (isAbandoned(lock)) {
        rmSync(lock, { recursive: true, force: true })
        continue
      }
      if (Date.now() > deadline) fail('another set-up has held the lock for 10 minutes', `end it, or remove ${lock}`)
      if (!told) say('waiting for another set-up in this folder')
      told = true
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250)
    }
  }
  writeFileSync(join(lock, 'pid'), String(process.pid))
  try {
    work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function isAbandoned(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0)
    return false
  } catch (error) {
    if (error.code === 'EPERM') return false
    // No pid yet: give its owner two seconds between mkdir and the write.
    if (error.code === 'ENOENT') return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 2000
    return true
  }
}

function run(command, args, cwd) {
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
  const done = spawnSync(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  if (done.status === 0) return
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`)
  fail(
    `${command} ${args[0]} ended with ${done.error?.message ?? `exit code ${done.status}`}`,
    'check that the npm registry is reachable (npm ping; npm config get proxy), then run the same command again',
  )
}

function say(message) {
  process.stderr.write(`[set-up] ${message}\n`)
}

function fail(what, cure) {
  process.stderr.write(`[set-up] failed: ${what}.\n[set-up] cure: ${cure}.\n`)
  process.exit(1)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) setup()
