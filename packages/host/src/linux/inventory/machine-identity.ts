import { createHash } from 'node:crypto'

/** SMBIOS UUIDs that vendors ship in many machines; the same names for all are no names (machines.md, "Identity"). */
const sharedUuids: ReadonlySet<string> = new Set([
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '03000200-0400-0500-0006-000700080009', // AMI's default
  '00020003-0004-0005-0006-000700080009', // the same in the other byte order
  '12345678-1234-5678-90ab-cddeefaabbcc', // Supermicro samples
  '01234567-89ab-cdef-0123-456789abcdef',
  'fefefefe-fefe-fefe-fefe-fefefefefefe',
  '4c4c4544-0000-2010-8020-80c04f202020', // Dell without a service tag
])

/**
 * The machine's id: its SMBIOS UUID, else a hash of the sorted permanent MACs of onboard NICs. `uuid` is in RFC 4122
 * order, as Linux prints product_uuid (drivers/firmware/dmi_scan.c swaps it for SMBIOS 2.6 and later).
 */
export function machineIdentity(input: {
  uuid: string | null
  onboardMacs: readonly string[]
  hostname: string
}): string {
  const uuid = input.uuid?.toLowerCase() ?? ''
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) && !sharedUuids.has(uuid)) return uuid
  return macIdentity(input.onboardMacs, input.hostname)
}

/** The id of a machine whose SMBIOS UUID is no name; one without any NIC is named by its host name. */
export function macIdentity(macs: readonly string[], hostname: string): string {
  const text = macs.length > 0 ? [...macs].sort().join(' ') : `host ${hostname}`
  return `mac-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}
