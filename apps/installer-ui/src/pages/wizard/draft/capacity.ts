import type { PoolConfig, VdevConfig } from '@slipway/protocol'

/** Disks of a vdev that may fail without loss, by its kind; a mirror stands as long as one disk does. */
const parity: Readonly<Partial<Record<VdevConfig['kind'], number>>> = { raidz1: 1, raidz2: 2, raidz3: 3 }
const dataKinds: readonly VdevConfig['kind'][] = ['mirror', 'raidz1', 'raidz2', 'raidz3', 'stripe']

export interface Capacity {
  /** Bytes that data can take, before compression and ZFS's own needs; null while a disk's size is unknown. */
  readonly usable: number | null
  readonly raw: number
  /** Disks that may fail in the worst case: the weakest data vdev decides. */
  readonly survives: number
}

/** What a pool can hold and how much it can lose. Sizes in bytes; every vdev counts its smallest disk. */
export function poolCapacity(pool: Pick<PoolConfig, 'vdevs'>, sizeOf: (disk: string) => number | undefined): Capacity {
  const data = pool.vdevs.filter(({ kind, disks }) => dataKinds.includes(kind) && disks.length > 0)
  const sizes = data.map(({ disks }) => disks.map(sizeOf))
  const raw = sizes.flat().reduce<number>((sum, size) => sum + (size ?? 0), 0)
  const known = sizes.flat().every((size) => size !== undefined)
  const usable = data.reduce(
    (sum, vdev) =>
      sum +
      vdevBytes(
        vdev,
        vdev.disks.map((disk) => sizeOf(disk) ?? 0),
      ),
    0,
  )
  return { raw, usable: known ? usable : null, survives: data.length === 0 ? 0 : Math.min(...data.map(survives)) }
}

function vdevBytes({ kind }: VdevConfig, sizes: readonly number[]): number {
  const smallest = Math.min(...sizes)
  if (kind === 'mirror') return smallest
  if (kind === 'stripe') return sizes.reduce((sum, size) => sum + size, 0)
  return smallest * Math.max(0, sizes.length - (parity[kind] ?? 0))
}

function survives({ kind, disks }: VdevConfig): number {
  return kind === 'mirror' ? disks.length - 1 : Math.min(parity[kind] ?? 0, Math.max(0, disks.length - 1))
}
