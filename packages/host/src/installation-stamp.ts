/**
 * Marks that say which installation a partition or pool belongs to, kept on the disk itself: they survive whatever
 * happens to machined's own journal (machines.md, "Resume").
 */

/** The ZFS user property that carries the whole installation id. */
export const installationProperty = 'org.slipway:installation'

/** The ZFS user property that says a layer is whole: `org.slipway:layer-3=sha256:…`. */
export function layerProperty(index: number): string {
  return `org.slipway:layer-${index}`
}

/** The last 12 characters of an installation id: its random part, short enough for a GPT name of 36 UTF-16 units. */
export function shortInstallationId(installationId: string): string {
  return installationId.replaceAll(/[^0-9A-Za-z]/g, '').slice(-12)
}

/** The GPT partition name that stamps a partition: `slipway-bios-boot-0123456789ab` is the longest, 30 units. */
export function partitionStamp(role: string, installationId: string): string {
  return `slipway-${role}-${shortInstallationId(installationId)}`
}

/** The short installation id in a GPT partition name, or null when the partition is not ours. */
export function stampedInstallation(partitionName: string | null): string | null {
  return /^slipway-(?:esp|bios-boot|boot|swap|pool|root)-([0-9A-Za-z]{1,12})$/.exec(partitionName ?? '')?.[1] ?? null
}
