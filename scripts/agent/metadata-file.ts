import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { canonicalJson } from '@slipway/base'
import { installFile } from './install-file.ts'
import { signText } from './minisign.ts'
import type { SigningKey } from './signing-key.ts'

interface Artifact {
  readonly platform: 'linux' | 'windows'
  readonly arch: string
  readonly kind: 'binary' | 'script'
  readonly path: string
  readonly size: number
  readonly sha256: string
}

/** What is served and told about (agent.md, `GET /infiniservice/metadata`); scripts fit every architecture. */
const served = [
  { platform: 'windows', arch: 'x64', kind: 'binary', path: 'binaries/windows/infiniservice.exe' },
  { platform: 'linux', arch: 'x64', kind: 'binary', path: 'binaries/linux/infiniservice' },
  { platform: 'linux', arch: 'arm64', kind: 'binary', path: 'binaries/linux-arm64/infiniservice' },
  { platform: 'windows', arch: 'any', kind: 'script', path: 'install/install-windows.ps1' },
  { platform: 'linux', arch: 'any', kind: 'script', path: 'install/install-linux.sh' },
] as const

/** Writes metadata.json: version, digests, and a signature over the canonical JSON of all else. */
export async function writeMetadata(options: {
  readonly folder: string
  readonly at: Date
  readonly key: SigningKey
  readonly version: string
}): Promise<void> {
  const { folder, at, key, version } = options
  const present = served.filter(({ path }) => existsSync(join(folder, path)))
  const artifacts: Artifact[] = await Promise.all(
    present.map(async (each) => {
      const file = join(folder, each.path)
      return { ...each, size: (await stat(file)).size, sha256: await sha256Of(file) }
    }),
  )
  const platforms = [...new Set(artifacts.map(({ platform }) => platform))]
  const unsigned = { version, platforms, updated: at.toISOString(), artifacts }
  const signature = signText(key, canonicalJson(unsigned), `metadata of infiniservice ${version}`)
  const text = `${JSON.stringify({ ...unsigned, signature }, null, 2)}\n`
  await installFile(join(folder, 'metadata.json'), { text }, 0o644, at)
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
