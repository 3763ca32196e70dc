import type { PoolConfig, Step } from '@slipway/protocol'
import { deviceName } from './disk-ref.ts'
import { formatBytes } from './format-bytes.ts'
import type { Layout, PoolLayout } from './layout.ts'
import type { PlanInput } from './plan-input.ts'
import { poolProperties } from './pool-properties.ts'
import { inverse } from './step-parts.ts'

type Properties = PoolConfig['options']
const GiB = 1024 ** 3
const defaultVolumeBytes = 2 * GiB // machine-config.md: swap and dump of illumos

/** One `create-pool` for each pool that is not there yet: the root pool first. */
export function poolSteps(layout: Layout, input: PlanInput): Step[] {
  const made = layout.pools.filter((pool) => !pool.config.existing)
  const rootFirst = [...made.filter((pool) => pool.config.root), ...made.filter((pool) => !pool.config.root)]
  return rootFirst.map((pool) => poolStep(pool, input))
}

function poolStep(pool: PoolLayout, input: PlanInput): Step {
  const { name, root, options } = pool.config
  const devices = pool.vdevs.flatMap((vdev) => vdev.devices).map(deviceName)
  const shape = pool.vdevs.map((vdev) => `${vdev.kind} ${vdev.devices.map(deviceName).join(' ')}`).join(', ')
  return {
    kind: 'create-pool',
    id: `create-pool:${name}`,
    title: `Create pool ${name}: ${shape}`,
    reads: [],
    writes: devices.map((device) => `device ${device}`),
    destroys: [],
    undo: inverse(`destroy pool ${name}`),
    estimated_seconds: 3,
    params: {
      pool: name,
      temporary_name: pool.temporaryName,
      root,
      vdevs: pool.vdevs.map((vdev) => ({ kind: vdev.kind, devices: [...vdev.devices] })),
      ...poolProperties(options, { root, platform: input.inventory.platform }),
    },
  }
}

/** The datasets of a Linux root: `POOL/ROOT` as a container, and the boot environment, mounted by the initramfs. */
export function linuxDatasetSteps(layout: Layout): Step[] {
  if (!layout.rootPool || !layout.rootDataset) return []
  const be = datasetStep(layout.rootPool, layout.rootDataset, { mountpoint: '/', canmount: 'noauto' })
  if (layout.rootPool.config.existing) return [be]
  const container = `${layout.rootPool.installName}/ROOT`
  return [datasetStep(layout.rootPool, container, { mountpoint: 'none', canmount: 'off' }), be]
}

/** The datasets of an illumos root, as beadm(8) expects them, with swap and dump volumes on a new pool. */
export function illumosDatasetSteps(layout: Layout, input: PlanInput): Step[] {
  const pool = layout.rootPool
  if (!pool || !layout.rootDataset) return []
  const be = datasetStep(pool, layout.rootDataset, {
    canmount: 'noauto',
    mountpoint: 'legacy',
    'org.opensolaris.libbe:uuid': stableUuid(`${input.machineId}/${layout.rootDataset}/${input.image.digest}`),
    'org.opensolaris.libbe:policy': 'static',
  })
  if (pool.config.existing) return [be]
  return [
    datasetStep(pool, `${pool.installName}/ROOT`, { canmount: 'off', mountpoint: 'legacy' }),
    be,
    datasetStep(pool, `${pool.installName}/export`, { mountpoint: '/export' }),
    ...volumeStep(pool, 'swap', input.config.swap_bytes),
    ...volumeStep(pool, 'dump', input.config.dump_bytes),
  ]
}

function datasetStep(pool: PoolLayout, dataset: string, properties: Properties): Step {
  return {
    kind: 'create-dataset',
    id: `create-dataset:${dataset}`,
    title: `Create dataset ${dataset}`,
    reads: [`pool ${pool.installName}`],
    writes: [`dataset ${dataset}`],
    destroys: [],
    undo: inverse(`destroy dataset ${dataset}`),
    estimated_seconds: 1,
    params: { pool: pool.installName, dataset, type: 'filesystem', volume_bytes: null, properties },
  }
}

function volumeStep(pool: PoolLayout, name: 'swap' | 'dump', wanted: number | null): Step[] {
  const bytes = wanted ?? defaultVolumeBytes
  if (bytes === 0) return []
  const dataset = `${pool.installName}/${name}`
  return [
    {
      ...datasetStep(pool, dataset, {}),
      kind: 'create-dataset',
      title: `Create ${name} volume ${dataset} of ${formatBytes(bytes)}`,
      params: { pool: pool.installName, dataset, type: 'volume', volume_bytes: bytes, properties: {} },
    },
  ]
}

/**
 * A UUID that depends on nothing but its text, version 8 (RFC 9562, "custom"): plans are pure, so it cannot be random,
 * and Web Crypto's digest would make planning asynchronous. Four FNV-1a sums with different starts are unique enough
 * among the boot environments of one machine.
 */
export function stableUuid(text: string): string {
  const words = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b].map((start) => fnv1a(text, start))
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function fnv1a(text: string, start: number): number {
  let sum = start
  for (let index = 0; index < text.length; index += 1) sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193) >>> 0
  return sum
}
