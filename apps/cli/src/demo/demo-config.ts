import { Fault } from '@slipway/base'
import type { Inventory } from '@slipway/protocol'

/** Server configuration of the demo: loopback only, its own registry over plain HTTP. */
export function demoServerConfig(input: {
  port: number
  machinePort: number
  discoveryPort: number
  registry: string
  dataDir: string
}): string {
  return `# Written by the demo at every start.
server:
  host: 127.0.0.1
  port: ${input.port}
  machine_port: ${input.machinePort}
  data_dir: ${JSON.stringify(input.dataDir)}
default_oci_registry: ${JSON.stringify(input.registry)}
discovery:
  interface: 127.0.0.1
  port: ${input.discoveryPort}
  interval: 5s
registries:
  ${JSON.stringify(input.registry)}:
    insecure: true
`
}

/** A machine config for the nth simulated machine: a mirror of its first two free disks of like size, its own static address. */
export function demoMachineConfig(inventory: Inventory, image: string, index = 0): string {
  const free = inventory.disks.filter((disk) => !disk.live_medium && !disk.mounted && disk.partition_table === null)
  const first = free.find((disk) => free.some((other) => other !== disk && isLike(disk.bytes, other.bytes)))
  const second = first && free.find((other) => other !== first && isLike(first.bytes, other.bytes))
  const nic = inventory.interfaces[0]
  if (!first || !second || !nic) {
    throw new Fault('disk-not-found', `${inventory.hostname} has no two blank disks of like size for a mirror`)
  }
  return `pool "rpool" {
    vdev "mirror" {
        disks "${first.name}" "${second.name}"
    }
    options {
        compression "zstd"
    }
}
image "${image}"
sysconfig {
    hostname "${inventory.hostname.split('.')[0]}"
    nameserver "192.0.2.53"
    interface "net0" selector="mac:${nic.mac}" {
        address name="primary" kind="static" "192.0.2.${10 + (index % 200)}/24"
        gateway "192.0.2.1"
    }
}
`
}

/** Within ten percent: what the config check calls alike. */
function isLike(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(a, b) / 10
}
