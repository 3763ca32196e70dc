/** ZFS spells switches on and off (zfsprops(7), zpoolprops(7)). */
export function propertyText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}
