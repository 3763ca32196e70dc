import { createHash } from 'node:crypto'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder } from '../../../agent/cache-folder.ts'
import { runCommand } from '../../../agent/run-command.ts'

/** Resolves to the folder of npm's MeshCentral as the lockfile pins it; no install script runs. */
export async function bringMeshCentral(): Promise<string> {
  const pinned = join(import.meta.dirname, 'npm')
  const lock = await readFile(join(pinned, 'package-lock.json'))
  const key = createHash('sha256').update(lock).digest('hex').slice(0, 16)
  const folder = await cachedFolder(`bench-meshcentral-${key}`, async (making) => {
    console.log('fetching MeshCentral from npm (450 MB unpacked)')
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(pinned, file), join(making, file))
    await runCommand(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: making })
  })
  return join(folder, 'node_modules/meshcentral')
}
