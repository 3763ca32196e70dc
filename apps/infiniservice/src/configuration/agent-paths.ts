import { dirname, join } from 'node:path'

/** The files an agent reads. All but `state` are written by the installer or an administrator. */
export interface AgentPaths {
  /** Settings; may be absent. */
  readonly config: string
  /** `INFINISERVICE_SHARED_SECRET=…`, 0600; rewritten when the host replaces the secret. */
  readonly secret: string
  /** `INFINIBAY_VM_ID=…` among others; null on Windows, which has a machine variable instead. */
  readonly environment: string | null
  /** The SMBIOS UUID, which is a machine's id where nobody gave it another (machines.md, "Identity"); null: not readable here. */
  readonly productUuid: string | null
  /** The minisign public key of updates; wins over the one built in. */
  readonly publicKey: string
  /** The CA of the server and the one-time token, for the WebSocket link. */
  readonly ca: string
  readonly enrolmentToken: string
}

/** agent.md, "Install scripts": where each platform keeps them. `config` may be given on the command line. */
export function agentPaths(options: {
  platform: NodeJS.Platform
  env: NodeJS.ProcessEnv
  config?: string | undefined
}): AgentPaths {
  const isWindows = options.platform === 'win32'
  const usual = isWindows ? `${options.env['ProgramData'] ?? 'C:\\ProgramData'}\\Infiniservice` : '/etc/infiniservice'
  const config = options.config ?? join(usual, 'config.json')
  const folder = dirname(config)
  return {
    config,
    secret: join(folder, 'agent.env'),
    environment: isWindows ? null : '/etc/environment',
    productUuid: isWindows ? null : '/sys/class/dmi/id/product_uuid',
    publicKey: join(folder, 'minisign.pub'),
    ca: join(folder, 'ca.pem'),
    enrolmentToken: join(folder, 'enrolment-token'),
  }
}

/** Where the installer leaves the token of the first boot: `firstBootPath` of @slipway/host, which is too heavy to load for it. */
export const firstBootPath = '/etc/slipway/first-boot.json'

/** Where the agent keeps what it must not lose, unless the settings say otherwise. */
export function usualStateDir(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  return platform === 'win32'
    ? `${env['ProgramData'] ?? 'C:\\ProgramData'}\\Infiniservice\\state`
    : '/var/lib/infiniservice'
}

/** The port of QEMU's channel to us; never another agent's (agent.md, "Links"). */
export function usualDevice(platform: NodeJS.Platform): string {
  return platform === 'win32' ? '\\\\.\\Global\\org.infinibay.agent' : '/dev/virtio-ports/org.infinibay.agent'
}
