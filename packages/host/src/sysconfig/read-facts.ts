import type { SysconfigConfig } from '@slipway/protocol'
import { lstat, readdir } from 'node:fs/promises'
import { homeOf } from './accounts.ts'
import { pathInRoot } from './path-in-root.ts'
import { editedFiles, listedFolders, probedPaths } from './plan-sysconfig.ts'
import { readPlainFile } from './read-plain-file.ts'
import type { InterfaceFact, SysconfigFacts } from './sysconfig-plan.ts'

/** Reads from a root what the rules need to know; `interfaces` are the machine's, whoever's root it is. */
export async function readFacts(
  root: string,
  config: SysconfigConfig,
  interfaces: readonly InterfaceFact[],
): Promise<SysconfigFacts> {
  const files: Record<string, string | null> = {}
  for (const path of editedFiles) files[path] = await readInRoot(root, path)
  const homes = config.users.map((user) => homeOf(user.name, files['/etc/passwd'] ?? null))
  for (const home of homes) {
    const path = `${home}/.ssh/authorized_keys`
    files[path] = await readInRoot(root, path)
  }
  const existing = new Set<string>()
  for (const path of [...probedPaths(config), ...homes]) {
    if (await exists(await pathInRoot(root, path))) existing.add(path)
  }
  for (const folder of listedFolders) {
    const names = await readdir(await pathInRoot(root, `${folder}/.`)).catch(() => [])
    for (const name of names) existing.add(`${folder}/${name}`)
  }
  return { interfaces, files, existing }
}

async function readInRoot(root: string, path: string): Promise<string | null> {
  return (await readPlainFile(await pathInRoot(root, path)))?.toString('utf8') ?? null
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
