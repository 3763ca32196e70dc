import type { Machine } from '@slipway/protocol'

/** Cores, memory and disks at a glance. */
export function printHardware({ specs }: Pick<Machine, 'specs'>): string {
  if (specs === null) return '–'
  const storage =
    specs.storage_gb >= 1000 ? `${Number((specs.storage_gb / 1000).toFixed(1))} TB` : `${specs.storage_gb} GB`
  return `${specs.cpu_cores} cores · ${specs.memory_gb} GiB · ${storage}`
}
