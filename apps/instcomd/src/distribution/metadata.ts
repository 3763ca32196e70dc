import { canonicalJson } from '@slipway/base'
import { z } from 'zod'
import { artifacts, type Platform } from './artifacts.ts'
import type { DistributionFiles } from './representation.ts'

/** What `GET /infiniservice/metadata` answers (agent.md, "Distribution"). */
export interface AgentMetadata {
  readonly version: string
  readonly platforms: readonly Platform[]
  /** RFC 3339. */
  readonly updated: string
  readonly artifacts: readonly AgentArtifact[]
  /** minisign, over the canonical JSON of all else; null when metadata.json does not tell of the files as they are. */
  readonly signature: string | null
}

export interface AgentArtifact {
  readonly platform: Platform
  readonly arch: string
  readonly kind: string
  readonly path: string
  readonly size: number
  readonly sha256: string
}

const maxBytes = 1 << 20

/** `metadata.json`, by anybody's hand: what is not understood is not there. */
const fileSchema = z.object({
  version: z.string().max(128).optional(),
  updated: z.string().max(64).optional(),
  platforms: z.array(z.enum(['windows', 'linux'])).optional(),
  artifacts: z.unknown().optional(),
  signature: z.string().max(4096).optional(),
})

/**
 * Reads what lies in the folder: digests always from the files as they are; version, time and platforms from metadata.json where it
 * says them. Without any file `platforms` and `artifacts` are empty and the version is `0.0.0`.
 */
export async function readMetadata(files: DistributionFiles): Promise<AgentMetadata> {
  const { described, newest } = await describeArtifacts(files)
  const told = await readTold(files)
  const present = [...new Set(described.map(({ platform }) => platform))]
  const unsigned = {
    version: told.version ?? '0.0.0',
    platforms: told.platforms ?? present,
    updated: told.updated ?? newest.toISOString(),
    artifacts: described,
  }
  const isSigned = told.signature !== undefined && canonicalJson(told.artifacts ?? null) === canonicalJson(described)
  return { ...unsigned, signature: isSigned ? (told.signature ?? null) : null }
}

async function describeArtifacts(files: DistributionFiles): Promise<{ described: AgentArtifact[]; newest: Date }> {
  const described: AgentArtifact[] = []
  let newest = new Date(0)
  for (const { platform, arch, kind, path } of artifacts) {
    const facts = await files.describe(path)
    if (facts === null) continue
    const { size, sha256, modified } = facts
    described.push({ platform, arch, kind, path, size, sha256 })
    if (modified > newest) newest = modified
  }
  return { described, newest }
}

async function readTold(files: DistributionFiles): Promise<z.output<typeof fileSchema>> {
  const text = await files.readText('metadata.json', maxBytes)
  if (text === null) return {}
  try {
    return fileSchema.parse(JSON.parse(text))
  } catch {
    return {} // a file that somebody is writing, or not ours: what the files tell stays true
  }
}
