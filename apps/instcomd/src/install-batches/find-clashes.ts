import type { MachineConfig } from '@slipway/protocol'

/** What one machine of a batch would get. */
export interface Filled {
  readonly machineId: string
  readonly config: MachineConfig
}

/**
 * Names and addresses that two machines of a batch would share, by machine: no look at one machine alone shows them.
 * Every machine after the first with a name is told; the first may keep it.
 */
export function findClashes(filled: readonly Filled[]): Map<string, string> {
  const owners = new Map<string, string>()
  const clashes = new Map<string, string>()
  for (const { machineId, config } of filled) {
    for (const { value, what } of ownThings(config)) {
      const owner = owners.get(value)
      if (owner === undefined) owners.set(value, machineId)
      else if (owner !== machineId && !clashes.has(machineId))
        clashes.set(machineId, `machine ${owner} of this batch gets ${what} as well; give every machine its own`)
    }
  }
  return clashes
}

function ownThings({ sysconfig }: MachineConfig): { readonly value: string; readonly what: string }[] {
  const hostname = { value: sysconfig.hostname.toLowerCase(), what: `the hostname ${sysconfig.hostname}` }
  const addresses = sysconfig.interfaces.flatMap(({ addresses: each }) =>
    each.flatMap(({ address }) => {
      const [ip = ''] = address?.split('/') ?? []
      return ip === '' ? [] : [{ value: `address ${ip.toLowerCase()}`, what: `the address ${ip}` }]
    }),
  )
  return [hostname, ...addresses]
}
