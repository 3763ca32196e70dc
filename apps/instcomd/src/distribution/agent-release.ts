import { findBinary, parseArchitecture, type Platform } from './artifacts.ts'
import { readMetadata } from './metadata.ts'
import type { DistributionFiles } from './representation.ts'

/** The agent that is served now: what an `update` message carries (agent.md, "Messages"). */
export interface ReleasedAgent {
  readonly version: string
  /** Lower-case hex. */
  readonly sha256: string
  /** The text of the minisign signature. */
  readonly signature: string
  /** Where the agent downloads it. */
  readonly url: string
}

/** What other nouns see of the distribution. */
export interface AgentRelease {
  /**
   * The agent for a platform and an architecture (in anybody's words: `x64`, `x86_64`, `arm64`, …); null when none is served, or
   * none that is signed.
   */
  current(platform: Platform, arch: string): Promise<ReleasedAgent | null>
}

/** Makes the view on the folder; `baseUrl` is the address that guests reach, known once the server listens. */
export function makeAgentRelease(files: DistributionFiles, baseUrl: () => string): AgentRelease {
  return {
    async current(platform, word) {
      const arch = parseArchitecture(word)
      const artifact = arch === null ? null : findBinary(platform, arch)
      if (artifact === null) return null
      const signature = await files.readText(`${artifact.path}.minisig`, 4096)
      const { version, artifacts } = await readMetadata(files)
      const found = artifacts.find(({ path }) => path === artifact.path)
      if (signature === null || found === undefined) return null
      const query = arch === 'arm64' ? '?arch=arm64' : ''
      return { version, sha256: found.sha256, signature, url: `${baseUrl()}/infiniservice/${platform}/binary${query}` }
    },
  }
}
