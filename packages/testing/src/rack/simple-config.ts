import type { Inventory } from '@slipway/protocol'

/** A valid config for any machine with one blank disk: ext4 root on its first free disk, DHCP. */
export function simpleConfig(inventory: Inventory, image: string): string {
  const disk = inventory.disks.find(
    (candidate) => !candidate.live_medium && !candidate.mounted && candidate.partition_table === null,
  )
  const nic = inventory.interfaces[0]
  if (!disk || !nic) throw new Error(`${inventory.machine_id} has no blank disk or no interface`)
  return `filesystem "ext4" {
    disks "${disk.name}"
}
image "${image}"
sysconfig {
    hostname "${inventory.hostname.split('.')[0]}"
    interface "net0" selector="mac:${nic.mac}" {
        address name="primary" kind="dhcp4"
    }
}
`
}
