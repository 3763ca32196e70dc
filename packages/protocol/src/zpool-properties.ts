/**
 * Names of ZFS pool properties, as opposed to dataset properties: `zpool create -o` takes these, `-O` all others.
 * Source: zpoolprops(7) of OpenZFS 2.1 and illumos.
 */
export const zpoolPropertyNames = [
  'allocated',
  'altroot',
  'ashift',
  'autoexpand',
  'autoreplace',
  'autotrim',
  'bootfs',
  'bootsize',
  'cachefile',
  'capacity',
  'comment',
  'compatibility',
  'dedupditto',
  'delegation',
  'expandsize',
  'failmode',
  'fragmentation',
  'free',
  'freeing',
  'guid',
  'health',
  'leaked',
  'listsnapshots',
  'load_guid',
  'multihost',
  'size',
  'version',
] as const

export type ZpoolPropertyName = (typeof zpoolPropertyNames)[number]

/** True if an option of a pool is a pool property (`-o`), `feature@…` included; else it is a dataset property (`-O`). */
export function isZpoolProperty(name: string): boolean {
  return name.startsWith('feature@') || zpoolPropertyNames.some((one) => one === name)
}

/** Writes an option's value as ZFS takes it: true is `on`, false is `off`. */
export function zfsPropertyValue(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}
