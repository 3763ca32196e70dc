// Builds, signs and places the agent: scripts/build-agent.sh [options] (docs/agent.md).
// INVARIANTS
// - Every file is renamed into place: whoever downloads meanwhile gets the old or the new one whole.
// - The same sources, key and SOURCE_DATE_EPOCH give the same bytes.
// - A part that is left out is said, loudly; nothing is served that was not signed.
import { basename, dirname, join } from 'node:path'
import { readOptions, usage, type BuildOptions } from './build-options.ts'
import { distributionFolder } from './base-folder.ts'
import { buildPackages } from './build-packages.ts'
import { cachedFolder } from './cache-folder.ts'
import { agentVersion, compileAgent } from './compile-agent.ts'
import { compressFile } from './compress-file.ts'
import { installFile } from './install-file.ts'
import { printPublicKey, publicKeyLine, signFile } from './minisign.ts'
import { openSigningKey, type SigningKey } from './signing-key.ts'
import { readSourceDate } from './source-date.ts'
import { compileServiceHost } from './service-host.ts'
import { targets, type TargetName } from './targets.ts'
import { writeInstallScripts } from './install-scripts.ts'
import { writeMetadata } from './metadata-file.ts'

interface Build {
  readonly folder: string
  readonly version: string
  readonly key: SigningKey
  readonly at: Date
}

async function build(options: BuildOptions): Promise<void> {
  const started = Date.now()
  const folder = distributionFolder(options.base)
  const given = process.env.SLIPWAY_SIGNING_KEY_FILE || null
  const keyFile = given ?? join(dirname(folder), 'signing.key')
  const { key, made } = await openSigningKey(keyFile, given === null)
  if (made) say(`made the signing key ${keyFile}; keep a copy: agents refuse updates that another key signed`)
  const making: Build = { folder, key, version: options.version ?? (await agentVersion()), at: await readSourceDate() }
  const binaries = new Map<TargetName, string>()
  for (const target of options.targets) binaries.set(target, await placeBinary(target, making))
  const { at } = making
  await installFile(join(folder, 'minisign.pub'), { text: printPublicKey(key) }, 0o644, at)
  const windows = options.targets.includes('windows-x64') ? await compileServiceHost(say) : null
  await writeInstallScripts({ folder, at, publicKey: publicKeyLine(key), windows })
  await writeMetadata({ folder, at, key, version: making.version })
  if (options.packages) await buildPackages({ ...making, binaries, serviceHost: windows, say })
  say(`done in ${((Date.now() - started) / 1000).toFixed(1)} s: ${folder}`)
}

/** Compiles, signs, compresses and places; resolves to the compiled file in the cache. */
async function placeBinary(target: TargetName, { folder, version, key, at }: Build): Promise<string> {
  const started = Date.now()
  const file = await compileAgent({ target, version, publicKey: publicKeyLine(key) })
  const path = join(folder, targets[target].path)
  const compressed = await cachedFolder(`${basename(dirname(file))}-compressed`, async (making) => {
    await compressFile(file, join(making, 'gz'), 'gzip')
    await compressFile(file, join(making, 'zst'), 'zstd')
  })
  const [platform, arch] = target.split('-')
  const comment = `file:${basename(path)}\tversion:${version}\tplatform:${platform}\tarch:${arch}`
  await installFile(`${path}.minisig`, { text: await signFile(key, file, comment) }, 0o644, at)
  for (const suffix of ['gz', 'zst'])
    await installFile(`${path}.${suffix}`, { from: join(compressed, suffix) }, 0o644, at)
  await installFile(path, { from: file }, 0o755, at)
  say(`${target}: ${path} in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return file
}

function say(message: string): void {
  process.stderr.write(`[build-agent] ${message}\n`)
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === null) console.log(usage)
  else await build(options)
} catch (error) {
  say(`failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
