import type { Inventory } from '@slipway/protocol'
import { labAddress } from '@slipway/testing'

/** The name server that every journey writes; nothing answers there, the journeys ask only whether it was set. */
export const nameServer = '10.77.0.53'

/** A system on a pool of the machine's virtual disks: a mirror where there are two. */
export function zfsConfig(inventory: Inventory, input: { image: string; hostname: string; address: string }): string {
  const disks = diskNames(inventory)
  return `pool "rpool" {
    vdev "${disks.length > 1 ? 'mirror' : 'stripe'}" { disks ${disks.map((name) => JSON.stringify(name)).join(' ')} }
    options { compression "zstd"; ashift 12 }
}
${systemConfig(inventory, input)}`
}

/** The same on ext4 on the first disk. */
export function ext4Config(inventory: Inventory, input: { image: string; hostname: string; address: string }): string {
  return `filesystem "ext4" { disks ${JSON.stringify(diskNames(inventory)[0])} }
${systemConfig(inventory, input)}`
}

/** One more boot environment on the pool that is there. */
export function existingPoolConfig(
  inventory: Inventory,
  input: { image: string; hostname: string; address: string },
): string {
  return `pool "rpool" existing=#true
boot-environment-name "be-new"
${systemConfig(inventory, input)}`
}

function systemConfig(inventory: Inventory, input: { image: string; hostname: string; address: string }): string {
  return `image "${input.image}"
sysconfig {
    hostname "${input.hostname}"
    nameserver "${nameServer}"
    interface "net0" selector="mac:${inventory.interfaces[0]?.mac}" {
        address name="primary" kind="static" "${input.address}"
        gateway "${labAddress}"
    }
}
`
}

function diskNames(inventory: Inventory): string[] {
  return inventory.disks.filter(({ transport }) => transport === 'virtio').map(({ name }) => name)
}
