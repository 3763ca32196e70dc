/** One line of fstab(5), by UUID. */
export interface FstabEntry {
  readonly uuid: string
  /** Mount point, or `none` for swap. */
  readonly at: string
  readonly type: 'ext4' | 'vfat' | 'swap'
}

/**
 * Prints fstab(5). Everything but the root is `nofail` with a short wait: each half of a mirror has to boot alone, and
 * the ESP of a missing disk must not hold it up.
 */
export function fstabText(entries: readonly FstabEntry[]): string {
  const lines = entries.map((entry) => `UUID=${entry.uuid} ${escapeField(entry.at)} ${entry.type} ${rest(entry)}`)
  return ['# Written by Slipway at installation; devices are named by UUID.', ...lines, ''].join('\n')
}

function rest(entry: FstabEntry): string {
  const optional = 'nofail,x-systemd.device-timeout=5s'
  if (entry.type === 'swap') return `sw,${optional} 0 0`
  if (entry.type === 'vfat') return `umask=0077,${optional} 0 0`
  return entry.at === '/' ? 'errors=remount-ro 0 1' : `defaults,${optional} 0 2`
}

/** fstab(5): spaces and tabs in a field are written as octal escapes. */
function escapeField(text: string): string {
  return text.replaceAll(/[\s\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
