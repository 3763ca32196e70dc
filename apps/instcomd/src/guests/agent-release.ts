/** One agent that this server distributes: what the `update` message carries. */
export interface AgentArtifact {
  readonly version: string
  /** Lower-case hex. */
  readonly sha256: string
  /** The minisign signature file's text. */
  readonly signature: string
  /** Where the agent downloads the binary. */
  readonly url: string
}

/** What the distribution noun answers to guests: the current agent for a platform and architecture; null when there is none. */
export interface AgentRelease {
  current(platform: 'linux' | 'windows', arch: string): Promise<AgentArtifact | null>
}
