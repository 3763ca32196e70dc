import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { bringBun, bunKey, ownTarget } from './bring-bun.ts'
import { cachedFolder, pruneCache } from './cache-folder.ts'
import { runCommand } from './run-command.ts'
import { targets, type TargetName } from './targets.ts'

export const repository = join(import.meta.dirname, '../..')
const entry = join(repository, 'apps/infiniservice/src/main.ts')
/** Everything that the agent may import (architecture.md, "Arrows"), and what pins the rest. */
const inputFolders = [
  'apps/infiniservice/src',
  'packages/base/src',
  'packages/host/src',
  'packages/protocol/src',
  'packages/machine-config/src',
]
const inputFiles = ['pnpm-lock.yaml', 'apps/infiniservice/package.json', 'scripts/agent/compile-agent.ts']

/** For each target: plain and compressed ones of a few keys and versions. */
const keptBuilds = 8

export interface CompileOptions {
  readonly target: TargetName
  /** What `--version` prints; the package's own unless a test wants another. */
  readonly version: string
  /** The key that updates must be signed with, as one line of base64; null: only a file on the machine may name one. */
  readonly publicKey: string | null
  /** Another main file, for tests of the build itself. */
  readonly entry?: string
}

/** The version in apps/infiniservice/package.json. */
export async function agentVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(repository, 'apps/infiniservice/package.json'), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version)
  throw new Error('apps/infiniservice/package.json names no version')
}

/** Compiles the agent for a target and resolves to the executable, kept in the cache by a digest of all its inputs. */
export async function compileAgent(options: CompileOptions): Promise<string> {
  const { target } = options
  const from = options.entry ?? entry
  await stat(from).catch(() => {
    throw new Error(`there is no ${from}; the agent's main file is missing from this checkout`)
  })
  const key = await inputsKey(from, options)
  const folder = await cachedFolder(`agent-${target}-${key}`, (making) =>
    compileTo(making, { ...options, entry: from }),
  )
  await pruneCache(`agent-${target}-`, keptBuilds)
  return join(folder, basename(targets[target].path))
}

/**
 * Compiles into a folder. The result depends on the inputs only: Bun embeds the output's base name, never its folder
 * (measured with 1.4.5; build-agent.test.ts compiles twice and compares).
 */
export async function compileTo(folder: string, options: CompileOptions): Promise<void> {
  const { target, version, publicKey } = options
  const compiler = await bringBun(ownTarget())
  const base = await bringBun(target)
  await mkdir(folder, { recursive: true })
  await runCommand(
    [
      compiler,
      'build',
      '--compile',
      '--minify',
      '--bytecode',
      '--format=esm', // bytecode alone means CommonJS, which has no top-level await
      // A root service must not read .env or bunfig.toml from whatever folder it is started in; both default to on.
      '--no-compile-autoload-dotenv',
      '--no-compile-autoload-bunfig',
      `--target=bun-${target}`,
      `--compile-executable-path=${base}`, // else Bun downloads it
      `--define=INFINISERVICE_VERSION=${JSON.stringify(version)}`,
      ...(publicKey === null ? [] : [`--define=INFINISERVICE_PUBLIC_KEY=${JSON.stringify(publicKey)}`]),
      `--outfile=${join(folder, 'infiniservice')}`,
      options.entry ?? entry,
    ],
    // Bun's own caches and settings stay out of the result.
    { cwd: repository, env: { BUN_RUNTIME_TRANSPILER_CACHE_PATH: '0', DO_NOT_TRACK: '1' } },
  )
}

async function inputsKey(from: string, { version, publicKey }: CompileOptions): Promise<string> {
  const hash = createHash('sha256').update(
    `${await bunKey()}\0${version}\0${publicKey}\0${from.slice(repository.length)}\0`,
  )
  for (const file of await inputs())
    hash
      .update(`${file}\0`)
      .update(await readFile(join(repository, file)))
      .update('\0')
  if (!from.startsWith(repository)) hash.update(await readFile(from))
  return hash.digest('hex').slice(0, 16)
}

async function inputs(): Promise<string[]> {
  const found = await Promise.all(
    inputFolders.map(async (folder) => {
      const names = await readdir(join(repository, folder), { recursive: true })
      return names.filter((name) => /\.(ts|json|js|txt)$/.test(name)).map((name) => join(folder, name))
    }),
  )
  return [...inputFiles, ...found.flat()].sort()
}
