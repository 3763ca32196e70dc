import type { Plan } from '@slipway/protocol'

export type Loss = Plan['steps'][number]['destroys'][number]

/** Each disk that loses something, once, however many steps write it. Blank disks lose nothing and are not named. */
export function lossesOf({ steps }: { readonly steps: readonly { readonly destroys: readonly Loss[] }[] }): Loss[] {
  const byDisk = new Map<string, Loss>()
  for (const loss of steps.flatMap(({ destroys }) => destroys)) {
    const disk = `${loss.device} ${loss.serial}`
    if (!byDisk.has(disk)) byDisk.set(disk, loss)
  }
  return [...byDisk.values()]
}

/** What has to be typed before data are destroyed: the machine's own name, which nobody types by habit. */
export function isConfirmed(typed: string, machineId: string): boolean {
  return typed.trim() === machineId
}
