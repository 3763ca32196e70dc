// Brings the pinned Bun of each wanted target, in a folder of its own, so that a build for one platform downloads one Bun
// (about 40 MB). npm checks each against the lockfile's SHA-512. Never part of the ordinary set-up.
import { createHash } from 'node:crypto'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder } from './cache-folder.ts'
import { runCommand } from './run-command.ts'
import { targets, type TargetName } from './targets.ts'

const toolchain = join(import.meta.dirname, 'toolchain')
const lockfile = join(toolchain, 'package-lock.json')

/** Identifies the pinned Bun: part of every key of what it compiled. */
export async function bunKey(): Promise<string> {
  return createHash('sha256')
    .update(await readFile(lockfile))
    .digest('hex')
    .slice(0, 16)
}

/** Resolves to the absolute path of a target's Bun. Fails when npm's registry cannot be reached and nothing is cached. */
export async function bringBun(name: TargetName): Promise<string> {
  const { npm, bun } = targets[name]
  const folder = await cachedFolder(`bun-${name}-${await bunKey()}`, async (making) => {
    process.stderr.write(`[build-agent] bringing Bun for ${name}\n`)
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(toolchain, file), join(making, file))
    // glibc is named because npm would else compare with the machine it runs on.
    const wanted = [`--os=${npm.os}`, `--cpu=${npm.cpu}`, '--libc=glibc']
    await runCommand(['npm', 'ci', ...wanted, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: making,
    })
    await readFile(join(making, 'node_modules', bun)).catch((cause: unknown) => {
      throw new Error(`npm brought no Bun for ${name}; this npm may be too old for --os and --cpu (10.2 has them)`, {
        cause,
      })
    })
  })
  return join(folder, 'node_modules', bun)
}

/** The target whose Bun runs here and so compiles for all. */
export function ownTarget(): TargetName {
  if (process.platform === 'linux' && process.arch === 'x64') return 'linux-x64'
  if (process.platform === 'linux' && process.arch === 'arm64') return 'linux-arm64'
  throw new Error(`the agent is built on Linux (x86-64 or arm64); this is ${process.platform} ${process.arch}`)
}
