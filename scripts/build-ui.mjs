// Builds the web app into apps/installer-ui/dist when something that it is made of has changed. Plain JavaScript, as setup.mjs.
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nodePath, setup, withLock } from './setup.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const app = join(root, 'apps/installer-ui')
const stampFile = join(root, 'node_modules', '.slipway', 'ui-stamp')

/** Builds unless the last build was of the same sources. Needs the set-up. */
export function buildUi() {
  const wanted = hashOfSources()
  if (isBuilt(wanted)) return
  withLock(() => {
    if (isBuilt(wanted)) return
    const started = Date.now()
    const vite = join(app, 'node_modules/vite/bin/vite.js')
    const done = spawnSync(nodePath, [vite, 'build', '--logLevel', 'warn'], { cwd: app, encoding: 'utf8' })
    if (done.status !== 0) {
      process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`)
      process.stderr.write(
        '[set-up] failed: the web app was not built.\n[set-up] cure: see above; then run the same command again.\n',
      )
      process.exit(1)
    }
    writeFileSync(stampFile, wanted)
    process.stderr.write(`[set-up] web app built in ${((Date.now() - started) / 1000).toFixed(1)} s\n`)
  })
}

function isBuilt(wanted) {
  try {
    return readFileSync(stampFile, 'utf8') === wanted && existsSync(join(app, 'dist/index.html'))
  } catch {
    return false
  }
}

function hashOfSources() {
  const folders = [
    'apps/installer-ui/src',
    'apps/installer-ui/public',
    ...['base', 'client', 'machine-config', 'protocol'].map((name) => `packages/${name}/src`),
  ]
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  )
  const single = ['apps/installer-ui/index.html', 'apps/installer-ui/vite.config.ts', 'pnpm-lock.yaml'].map((name) =>
    join(root, name),
  )
  const hash = createHash('sha256')
  for (const file of [...single, ...files].sort())
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  return hash.digest('hex')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  setup()
  buildUi()
}
