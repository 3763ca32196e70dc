const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Prints a number of bytes in decimal units with at most three digits: 23730000 gives "23.7 MB". */
export function printBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? 'B'}`
}

/** Prints seconds as m:ss. */
export function printSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
