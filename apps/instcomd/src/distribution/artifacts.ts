/** The words of the routes: nothing else ever becomes part of a path. */
export type Platform = 'windows' | 'linux'
export type Architecture = 'x64' | 'arm64'

export interface Artifact {
  readonly platform: Platform
  /** `any`: a script. */
  readonly arch: Architecture | 'any'
  readonly kind: 'binary' | 'script'
  /** Below the distribution folder (agent.md, "Distribution"). */
  readonly path: string
  /** What a browser saves it as. */
  readonly filename: string
  readonly contentType: string
}

const binary = { kind: 'binary', contentType: 'application/octet-stream' } as const

/** Everything that is served as a file; signatures lie beside the binaries as `PATH.minisig`. */
export const artifacts: readonly Artifact[] = [
  {
    ...binary,
    platform: 'windows',
    arch: 'x64',
    path: 'binaries/windows/infiniservice.exe',
    filename: 'infiniservice.exe',
  },
  { ...binary, platform: 'linux', arch: 'x64', path: 'binaries/linux/infiniservice', filename: 'infiniservice' },
  {
    ...binary,
    platform: 'linux',
    arch: 'arm64',
    path: 'binaries/linux-arm64/infiniservice',
    filename: 'infiniservice',
  },
  {
    platform: 'windows',
    arch: 'any',
    kind: 'script',
    path: 'install/install-windows.ps1',
    filename: 'install-windows.ps1',
    contentType: 'text/plain',
  },
  {
    platform: 'linux',
    arch: 'any',
    kind: 'script',
    path: 'install/install-linux.sh',
    filename: 'install-linux.sh',
    contentType: 'application/x-sh',
  },
]

/** Other programs' words for the two architectures (uname -m, Go, Windows). */
const architectures: Readonly<Record<string, Architecture>> = {
  x64: 'x64',
  amd64: 'x64',
  x86_64: 'x64',
  arm64: 'arm64',
  aarch64: 'arm64',
}

/** Reads an architecture in anybody's words; null for one that no agent is built for. */
export function parseArchitecture(word: string): Architecture | null {
  return Object.hasOwn(architectures, word) ? (architectures[word] ?? null) : null
}

/** Reads a platform as the routes spell it. */
export function parsePlatform(word: string): Platform | null {
  return word === 'windows' || word === 'linux' ? word : null
}

/** The binary for a platform; null where there is none (Windows on arm64). */
export function findBinary(platform: Platform, arch: Architecture): Artifact | null {
  return artifacts.find((each) => each.kind === 'binary' && each.platform === platform && each.arch === arch) ?? null
}

/** The install script of a platform; null never happens for a platform of the list. */
export function findScript(platform: Platform): Artifact | null {
  return artifacts.find((each) => each.kind === 'script' && each.platform === platform) ?? null
}
