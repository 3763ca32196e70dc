import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `test`: needed by `npm test`; `vm`, `windows`: needed by the VM journeys, by the Windows executables as well. */
export type PackageSet = 'test' | 'vm' | 'windows'

const folder = dirname(fileURLToPath(import.meta.url))

/** Reads the package names of a set; each contains `test`. */
export function readPackageSet(set: PackageSet): string[] {
  const files = set === 'test' ? ['system-packages.txt'] : ['system-packages.txt', `system-packages-${set}.txt`]
  const lines = files.map((name) => join(folder, name)).filter((file) => existsSync(file))
  return lines
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
}

/** As root on Debian: installs what is missing, listing it first. Elsewhere: says what is missing; tests then skip, saying why. */
export function bringSystemPackages(set: PackageSet): void {
  const missing = readPackageSet(set).filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(
      `SKIPPED: tests that need ${missing.join(' ')} (not installed; on Debian as root they are installed by themselves)`,
    )
    return
  }
  const started = Date.now()
  console.log(`[test] installing Debian packages: ${missing.join(' ')}`)
  apt(['update', '-qq'])
  apt(['install', '-y', '-qq', '--no-install-recommends', ...missing])
  console.log(`[test] packages: ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

function isInstalled(name: string): boolean {
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' })
  return asked.status === 0 && asked.stdout === 'installed'
}

function apt(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const done = spawnSync('apt-get', args, { env, encoding: 'utf8', maxBuffer: 64 << 20 })
  if (done.status === 0) return
  process.stderr.write(`${done.stdout}${done.stderr}\n`)
  console.error(
    `[test] apt-get ${args[0]} failed; check the machine's apt sources and network, then run the same command again`,
  )
  process.exit(1)
}
