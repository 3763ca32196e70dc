/** Prints a size for people in decimal units, as disks are sold: `20 GB`, `1.9 TB`, `512 B`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const
  let value = bytes
  let index = 0
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1000
    index += 1
  }
  const text = value >= 10 || index === 0 ? String(Math.round(value)) : String(Math.round(value * 10) / 10)
  return `${text} ${units[index]}`
}
