import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Copies the tracked files to a temporary folder, with the installed packages linked; returns the folder. */
export function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'slipway-mutants-'))
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const folder of ['apps', 'packages']) {
    for (const name of readdirSync(join(root, folder))) linkPackages(join(root, folder, name), join(copy, folder, name))
  }
  return copy
}

/** A package's own node_modules holds relative links only: copied as they are, they point into the copy. */
function linkPackages(from: string, to: string): void {
  if (existsSync(join(from, 'node_modules')) && existsSync(to)) {
    cpSync(join(from, 'node_modules'), join(to, 'node_modules'), { recursive: true, verbatimSymlinks: true })
  }
}
