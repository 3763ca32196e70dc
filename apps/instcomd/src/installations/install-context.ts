import { isIPv6 } from 'node:net'
import { installContextSchema, type InstallContext, type RegistryAccess } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { InstallationRow, StepRow } from './store.ts'

/** Context under which the first-boot token is sealed. */
export function firstBootSealContext(installationId: string): string {
  return `first-boot ${installationId}`
}

/** Everything beside the plan that machined needs (StartInstall.context_json). */
export function makeInstallContext(
  context: AppContext,
  input: {
    row: InstallationRow
    steps: readonly StepRow[]
    registries: Readonly<Record<string, RegistryAccess>>
    /** Our own address on the connection to this machine. */
    localAddress: string | null
    /** Machine listeners of the other instances, tried after our own. */
    otherUrls: readonly string[]
  },
): InstallContext {
  const { row, steps } = input
  return installContextSchema.parse({
    kdl: row.kdl,
    registries: input.registries,
    first_boot: row.first_boot_sealed && {
      installation_id: row.installation_id,
      urls: [...new Set([...machineUrls(context, input.localAddress), ...input.otherUrls])],
      token: context.secrets.decrypt(row.first_boot_sealed, firstBootSealContext(row.installation_id)),
      ca_pem: context.pki.caPem,
      boot_environment: row.boot_environment,
    },
    journal: steps.map(({ step_id, outcome, error }) => ({ step_id, outcome, error })),
    last_seq: row.last_seq,
    server_time: new Date().toISOString(),
    log_level: context.configuration.installation.log_level,
    kernel_arguments: [],
  })
}

/** Where the machine reaches our machine listener: the advertised name first, then the address it has been talking to. */
function machineUrls(context: AppContext, localAddress: string | null): string[] {
  const { public_url } = context.configuration.server
  const hosts = [public_url && new URL(public_url).hostname, localAddress && bracketed(localAddress)]
  return [...new Set(hosts.filter((host) => host !== null && host !== ''))].map(
    (host) => `https://${host}:${context.machinePort()}`,
  )
}

function bracketed(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}
