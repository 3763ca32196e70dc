const decimal = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const
const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Disk and wire sizes as their makers count: `480 GB`, `1.9 TB`. */
export function printBytes(bytes: number): string {
  return print(bytes, 1000, decimal)
}

/** Memory sizes: `64 GiB`. */
export function printMemory(bytes: number): string {
  return print(bytes, 1024, binary)
}

function print(bytes: number, step: number, names: readonly string[]): string {
  let value = bytes
  let unit = 0
  while (value >= step && unit < names.length - 1) {
    value /= step
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${Number(value.toFixed(digits))} ${names[unit]}`
}
