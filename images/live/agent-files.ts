import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { distributionFolder } from '../../scripts/agent/base-folder.ts'
import { agentVersion, compileAgent, repository } from '../../scripts/agent/compile-agent.ts'
import { targets } from '../../scripts/agent/targets.ts'
import type { CpioFile } from './cpio.ts'

const compress = promisify(zstdCompress)
const folder = 'usr/lib/slipway/agent'
const target = 'linux-x64' // live media are x86-64

/**
 * The agent that machined puts into new systems, as files of the initramfs; the step `install-agent` reads them. It is the one that
 * scripts/build-agent.sh placed below `base` (default: where instcomd serves from); where none is, one is compiled without a key for
 * updates, and that is said.
 */
export async function agentFiles(base: string | undefined): Promise<CpioFile[]> {
  const placed = await readPlaced(distributionFolder(base))
  const { program, version } = placed ?? (await compileWithoutKey(distributionFolder(base)))
  const sha256 = createHash('sha256').update(program).digest('hex')
  const packed = await compress(program, { params: { [constants.ZSTD_c_compressionLevel]: 9 } })
  const packaging = (name: string) => readFile(join(repository, 'apps/infiniservice/packaging', name))
  return [
    {
      path: `${folder}/agent.json`,
      mode: 0o644,
      content: Buffer.from(`${JSON.stringify({ version, sha256, size: program.length })}\n`),
    },
    { path: `${folder}/infiniservice.zst`, mode: 0o644, content: packed },
    { path: `${folder}/infiniservice-guard`, mode: 0o755, content: await packaging('infiniservice-guard') },
    { path: `${folder}/infiniservice.service`, mode: 0o644, content: await packaging('infiniservice.service') },
  ]
}

interface Program {
  readonly program: Buffer
  readonly version: string
}

async function readPlaced(distribution: string): Promise<Program | null> {
  const file = join(distribution, targets[target].path)
  if (!existsSync(file)) return null
  const metadata: unknown = JSON.parse(await readFile(join(distribution, 'metadata.json'), 'utf8'))
  const isTold = typeof metadata === 'object' && metadata !== null && 'version' in metadata
  return { program: await readFile(file), version: isTold ? String(metadata.version) : 'unknown' }
}

async function compileWithoutKey(distribution: string): Promise<Program> {
  process.stderr.write(
    `no agent in ${distribution}: the medium gets one that knows no key for updates; run scripts/build-agent.sh first for one that does\n`,
  )
  const version = await agentVersion()
  const compiled = compileAgent({ target, version, publicKey: null }).catch((cause: unknown) => {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${words}; or build the medium with --no-agent, without an agent for new systems`, { cause })
  })
  return { program: await readFile(await compiled), version }
}
