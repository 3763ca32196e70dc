const units: readonly (readonly [string, number])[] = [
  ['T', 1024 ** 4],
  ['G', 1024 ** 3],
  ['M', 1024 ** 2],
  ['K', 1024],
]

/** Reads "4G", "512M", "1.5T", "4GiB" or plain bytes into bytes (powers of 1024, as ZFS does); undefined if it cannot be. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?(?:([KMGT])(?:i?B)?|B)?$/iu.exec(text)
  if (!match?.[1]) return undefined
  const unit = units.find(([letter]) => letter === match[2]?.toUpperCase())?.[1] ?? 1
  const bytes = Number(match[1]) * unit
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Writes bytes in the largest unit that divides them: 4294967296 → "4G". */
export function printSize(bytes: number): string {
  const unit = units.find(([, factor]) => bytes > 0 && bytes % factor === 0)
  return unit ? `${bytes / unit[1]}${unit[0]}` : String(bytes)
}

/** Writes the size of a disk as its label does, in powers of 1000: "20 GB". */
export function diskSizeWords(bytes: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let step = 0
  while (value >= 1000 && step < steps.length - 1) {
    value /= 1000
    step += 1
  }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${steps[step]}`
}
