import { canonicalJson } from '@slipway/base'
import { maxDatagramBytes, type DiscoveryRequest, type DiscoveryResponse, type Inventory } from '@slipway/protocol'
import type { Identity } from '../identity/identity.ts'

/** What a machine says of itself; `address` is filled in by the responder, who knows the answering interface. */
export interface Announcement {
  readonly inventory: Pick<
    Inventory,
    'hostname' | 'cpus' | 'memory_bytes' | 'disks' | 'interfaces' | 'capabilities' | 'boot_id'
  >
  readonly identity: Identity
  /** Null: nobody listens there, as on an installed system. */
  readonly port: number | null
  readonly version: string
  readonly status: DiscoveryResponse['status']
}

/** Makes the signed answer to a request, at most 1400 bytes: capabilities are left out from the end where it is longer. */
export function makeAnswer(about: Announcement, request: DiscoveryRequest, address: string): Buffer {
  for (let count = about.inventory.capabilities.length; ; count -= 1) {
    const datagram = encode(about, request, address, about.inventory.capabilities.slice(0, count))
    if (datagram.length <= maxDatagramBytes || count === 0) return datagram
  }
}

function encode(about: Announcement, request: DiscoveryRequest, address: string, capabilities: string[]): Buffer {
  const unsigned: Omit<DiscoveryResponse, 'signature'> = {
    type: 'discovery_response',
    machine_id: about.identity.machineId,
    hostname: about.inventory.hostname,
    address,
    status: about.status,
    specs: specsOf(about.inventory),
    capabilities,
    timestamp: new Date().toISOString(),
    ...(request.nonce !== undefined && { nonce: request.nonce }),
    ...(about.port !== null && { port: about.port }),
    fingerprint: about.identity.fingerprint,
    boot_id: about.inventory.boot_id,
    version: about.version,
  }
  const signature = about.identity.sign(canonicalJson(unsigned)).toString('base64')
  return Buffer.from(JSON.stringify({ ...unsigned, signature }))
}

/** Sizes as published: memory in 2³⁰ bytes, storage in 10⁹, both rounded (machines.md, "Discovery"). */
function specsOf(inventory: Announcement['inventory']): DiscoveryResponse['specs'] {
  const storage = inventory.disks.filter((disk) => !disk.live_medium).reduce((sum, disk) => sum + disk.bytes, 0)
  return {
    cpu_cores: inventory.cpus.cores,
    memory_gb: Math.round(inventory.memory_bytes / 2 ** 30),
    storage_gb: Math.round(storage / 1e9),
    network_interfaces: inventory.interfaces.length,
  }
}
