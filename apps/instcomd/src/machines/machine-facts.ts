import type { DiscoveryResponse, Inventory } from '@slipway/protocol'
import type { MachineFacts } from './store.ts'

type Facts = Omit<MachineFacts, 'address' | 'port' | 'enrolment' | 'public_key' | 'fingerprint'>

/** What a discovery answer tells. */
export function factsOfAnswer(answer: DiscoveryResponse): Facts {
  return {
    machine_id: answer.machine_id,
    kind: 'physical',
    hostname: answer.hostname,
    status: answer.status,
    specs: answer.specs,
    capabilities: answer.capabilities,
    boot_id: answer.boot_id ?? null,
    version: answer.version ?? null,
  }
}

/** What the hardware tells; the rounding is the datagram's (machines.md). */
export function factsOfInventory(inventory: Inventory): Facts {
  const storage = inventory.disks.filter((disk) => !disk.live_medium).reduce((sum, disk) => sum + disk.bytes, 0)
  return {
    machine_id: inventory.machine_id,
    kind: inventory.virtual ? 'virtual' : 'physical',
    hostname: inventory.hostname,
    status: 'available',
    specs: {
      cpu_cores: inventory.cpus.cores,
      memory_gb: Math.round(inventory.memory_bytes / 2 ** 30),
      storage_gb: Math.round(storage / 1e9),
      network_interfaces: inventory.interfaces.length,
    },
    capabilities: inventory.capabilities,
    boot_id: inventory.boot_id,
    version: inventory.version,
  }
}

/** A machine of which only the id is known: entered by hand and not enrolled yet. */
export function factsOfName(machineId: string): Facts {
  return {
    machine_id: machineId,
    kind: 'physical',
    hostname: null,
    status: 'available',
    specs: null,
    capabilities: [],
    boot_id: null,
    version: null,
  }
}
