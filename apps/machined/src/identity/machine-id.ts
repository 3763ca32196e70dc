import { createHash } from 'node:crypto'
import type { Inventory } from '@slipway/protocol'

/** UUIDs that boards ship by the thousand: vendors' defaults seen in the field (fwupd and Ironic keep the same lists). */
const badUuids = new Set([
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '03000200-0400-0500-0006-000700080009', // AMI's template
  '00020003-0004-0005-0006-000700080009', // the same in the other byte order
  '12345678-1234-5678-90ab-cddeefaabbcc', // MSI
  '12345678-1234-1234-1234-123456789abc',
  '4c4c4544-0000-2010-8020-80c04f202020', // Dell without service tag
  '00000000-0000-1000-8000-000000000000',
  'fefefefe-fefe-fefe-fefe-fefefefefefe',
  'ffffffff-ffff-ffff-0000-000000000000',
  '0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a',
])
const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * The lasting id of a machine (machines.md, "Identity"): its SMBIOS UUID as the system prints it (RFC 4122 order since
 * SMBIOS 2.6), unless it is a known bad one; then `mac-` and a hash of the sorted permanent MACs of onboard NICs.
 * Simulated machines choose theirs.
 */
export function machineIdOf(inventory: Pick<Inventory, 'machine_id' | 'simulated' | 'smbios' | 'interfaces'>): string {
  if (inventory.simulated) return inventory.machine_id
  const uuid = inventory.smbios.uuid?.trim().toLowerCase() ?? ''
  if (uuidShape.test(uuid) && !badUuids.has(uuid)) return uuid
  const macs = onboardMacs(inventory.interfaces)
  return macs.length === 0
    ? inventory.machine_id
    : `mac-${createHash('sha256').update(macs.join('\n')).digest('hex').slice(0, 32)}`
}

/** All NICs when firmware marks none as onboard: a card is a better name than none. */
function onboardMacs(interfaces: Inventory['interfaces']): string[] {
  const onboard = interfaces.filter((nic) => nic.onboard)
  return (onboard.length > 0 ? onboard : interfaces).map((nic) => nic.mac).toSorted()
}
