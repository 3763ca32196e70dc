import { Fault } from '@slipway/base'
import type { Executors, Host, StepContext, StepExecutor } from '@slipway/host'
import type { Disk, Inventory, Step, StepKind } from '@slipway/protocol'

/** What a step did on the small host, in order. */
export type Act = `${'apply' | 'undo' | 'begin' | 'commit' | 'rollback'} ${string}`

/** A host in memory for tests of the machinery around it: steps only note that they ran, layers are read to their end. */
export interface SmallHost extends Host {
  readonly acts: Act[]
  readonly done: Set<string>
  inventory: Inventory
  /** Called in each apply; throw or wait here. */
  onApply: (step: Step, context: StepContext) => Promise<void>
  /** As on ext4: taking a layer back loses the earlier ones. */
  losesLayers: boolean
  reboots: number
  neighbour: { mac: string; proxy_arp: boolean } | null
}

const kinds: readonly Exclude<StepKind, 'pull-layer'>[] = [
  'wipe-disk',
  'partition-disk',
  'create-pool',
  'create-filesystem',
  'create-dataset',
  'mount-target',
  'apply-sysconfig',
  'install-agent',
  'update-boot-archive',
  'install-bootloader',
  'activate-boot-environment',
  'unmount-target',
  'export-pool',
  'reboot',
]

export function makeSmallHost(inventory: Inventory): SmallHost {
  const acts: Act[] = []
  const done = new Set<string>()
  const executor: StepExecutor<StepKind> = {
    isDone: (step) => Promise.resolve(done.has(step.id)),
    async apply(step, context) {
      await host.onApply(step, context)
      acts.push(`apply ${step.id}`)
      done.add(step.id)
    },
    async undo(step) {
      acts.push(`undo ${step.id}`)
      done.delete(step.id)
    },
  }
  const host: SmallHost = {
    acts,
    done,
    inventory,
    onApply: () => Promise.resolve(),
    losesLayers: false,
    reboots: 0,
    neighbour: null,
    platform: 'linux',
    // Every kind has the same executor here; the map is total because `kinds` is checked against it in the type.
    executors: Object.fromEntries(kinds.map((kind) => [kind, executor])) as unknown as Executors,
    readInventory: () => Promise.resolve(host.inventory),
    layers: {
      isApplied: (step) => Promise.resolve(done.has(step.id)),
      async begin(step) {
        acts.push(`begin ${step.id}`)
      },
      async commit(step) {
        acts.push(`commit ${step.id}`)
        done.add(step.id)
      },
      async rollback(step, context) {
        acts.push(`rollback ${step.id}`)
        done.delete(step.id)
        if (!host.losesLayers) return { restart_from_layer: step.params.index }
        for (const other of context.plan.steps) if (other.kind === 'pull-layer') done.delete(other.id)
        return { restart_from_layer: 0 }
      },
      target: () => ({
        lstat: () => Promise.resolve(null),
        readlink: () => Promise.reject(new Fault('internal', 'no links here')),
        readdir: () => Promise.resolve([]),
        remove: () => Promise.resolve(),
        async extract(tar) {
          for await (const _chunk of tar);
        },
      }),
    },
    async reboot() {
      host.reboots += 1
    },
    probeAddress: () => Promise.resolve(host.neighbour),
    setClock: () => Promise.resolve(),
  }
  return host
}

export function blankDisk(name: string): Disk {
  return {
    name,
    by_id: [`virtio-SN-${name}`],
    by_path: null,
    serial: `SN-${name}`,
    wwn: null,
    model: 'Virtual disk',
    bytes: 20e9,
    sector_bytes: 512,
    rotational: false,
    transport: 'virtio',
    read_only: false,
    partition_table: null,
    partitions: [],
    signatures: [],
    pool: null,
    pool_imported: false,
    mounted: false,
    live_medium: false,
  }
}

export function smallInventory(disks: Disk[] = [blankDisk('vda'), blankDisk('vdb')]): Inventory {
  return {
    machine_id: 'sim-test',
    hostname: 'small.local',
    boot_id: 'boot-1',
    version: '0',
    platform: 'linux',
    architecture: 'amd64',
    simulated: true,
    virtual: true,
    cpus: { cores: 4, model: null },
    memory_bytes: 8 * 2 ** 30,
    firmware: 'uefi',
    secure_boot: false,
    disks,
    interfaces: [
      {
        name: 'enp1s0',
        mac: '02:00:00:00:00:01',
        driver: 'virtio_net',
        link: 'up',
        speed_mbps: 1000,
        addresses: ['192.0.2.10/24'],
        bus_index: 0,
        onboard: true,
      },
    ],
    pools: [],
    smbios: { uuid: null, manufacturer: null, product: null, serial: null },
    capabilities: ['zfs'],
    highest_fence: 0,
    stamps: [],
  }
}
