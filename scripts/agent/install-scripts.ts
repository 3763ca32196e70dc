import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from './compile-agent.ts'
import { installFile } from './install-file.ts'

const agent = join(repository, 'apps/infiniservice')

/**
 * Writes the install scripts as they are served. Whatever they need beside the agent stands in them: the unit, the public key and
 * (Windows) the service host; so one digest of the script, which the answer file carries, covers all of it.
 */
export async function writeInstallScripts(options: {
  readonly folder: string
  readonly at: Date
  /** One line of base64, as `minisign -P` takes it. */
  readonly publicKey: string
  /** The service host's executable; null where it could not be built. */
  readonly windows: Uint8Array | null
}): Promise<void> {
  const { folder, at, publicKey, windows } = options
  const linux = await renderLinuxScript(publicKey)
  await installFile(join(folder, 'install/install-linux.sh'), { text: linux }, 0o755, at)
  const uninstall = await readFile(join(agent, 'install/uninstall.sh'))
  await installFile(join(folder, 'install/uninstall.sh'), { text: uninstall }, 0o755, at)
  if (windows === null) return
  const script = await readFile(join(agent, 'install/install-windows.ps1'), 'utf8')
  const text = fill(script, { PUBLIC_KEY: publicKey, SERVICE_HOST: lines(windows) })
  await installFile(join(folder, 'install/install-windows.ps1'), { text }, 0o644, at)
}

/** The Linux script with unit, guard and uninstaller inside. */
export async function renderLinuxScript(publicKey: string): Promise<string> {
  const read = (path: string) => readFile(join(agent, path), 'utf8')
  return fill(await read('install/install-linux.sh'), {
    PUBLIC_KEY: publicKey,
    UNIT: (await read('packaging/infiniservice.service')).trimEnd(),
    GUARD: (await read('packaging/infiniservice-guard')).trimEnd(),
    UNINSTALL: (await read('install/uninstall.sh')).trimEnd(),
  })
}

/** Replaces each `@@NAME@@` once; a name that the script lacks is a mistake. */
function fill(script: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((text, [name, value]) => {
    const place = `@@${name}@@`
    if (text.split(place).length !== 2) throw new Error(`an install script has ${place} not exactly once`)
    return text.replace(place, () => value)
  }, script)
}

/** Base64 in lines of 120, so that editors open the script. */
function lines(bytes: Uint8Array): string {
  return (
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,120}/g) ?? []
  ).join('\n')
}
