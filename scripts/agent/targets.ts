/** What the agent is built for. */
export type TargetName = 'linux-x64' | 'linux-arm64' | 'windows-x64'

export interface Target {
  readonly name: TargetName
  /** npm's words for the machine: they choose which Bun is brought. */
  readonly npm: { readonly os: string; readonly cpu: string }
  /** The Bun that becomes part of the executable, inside its npm package. */
  readonly bun: string
  /** Below the distribution folder (agent.md, "Distribution"). */
  readonly path: string
}

/** Every target, by name; sources: agent.md and the `@oven/bun-*` packages of npm. */
export const targets: Readonly<Record<TargetName, Target>> = {
  'linux-x64': {
    name: 'linux-x64',
    npm: { os: 'linux', cpu: 'x64' },
    bun: '@oven/bun-linux-x64/bin/bun',
    path: 'binaries/linux/infiniservice',
  },
  'linux-arm64': {
    name: 'linux-arm64',
    npm: { os: 'linux', cpu: 'arm64' },
    bun: '@oven/bun-linux-aarch64/bin/bun',
    path: 'binaries/linux-arm64/infiniservice',
  },
  'windows-x64': {
    name: 'windows-x64',
    npm: { os: 'win32', cpu: 'x64' },
    bun: '@oven/bun-windows-x64/bin/bun.exe',
    path: 'binaries/windows/infiniservice.exe',
  },
}

export const targetNames: readonly TargetName[] = ['linux-x64', 'linux-arm64', 'windows-x64']

/** Parses a comma-separated list; throws an Error that names what is possible. */
export function parseTargets(text: string): TargetName[] {
  return text.split(',').map((word) => {
    const found = targetNames.find((name) => name === word.trim())
    if (found) return found
    throw new Error(`there is no target "${word}"; targets are ${targetNames.join(', ')}`)
  })
}
