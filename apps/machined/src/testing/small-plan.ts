import { canonicalJson, sha256Hex } from '@slipway/base'
import { makePlan, type PlanInput } from '@slipway/install-plan'
import type { InstallContext, Inventory, Layer, MachineConfig, Plan, ResolvedImage, StepOf } from '@slipway/protocol'
import type { InstallRequest } from '../installation/install-request.ts'
import type { LayerSource, LayerWork } from '../installation/pull-layer.ts'

export function smallConfig(changes: Partial<MachineConfig> = {}): MachineConfig {
  return {
    pools: [
      { name: 'rpool', root: true, existing: false, vdevs: [{ kind: 'mirror', disks: ['vda', 'vdb'] }], options: {} },
    ],
    filesystem: null,
    image: 'oci://registry.example.com/linux/base:1',
    boot_environment_name: 'be-1',
    wipes: [],
    swap_bytes: null,
    dump_bytes: null,
    reboot: true,
    agent: false,
    sysconfig: {
      hostname: 'machine-01',
      nameservers: [],
      search: [],
      timezone: null,
      locale: null,
      interfaces: [],
      users: [],
    },
    ...changes,
  }
}

/** A true plan for the small host: a mirror, or what the config says, from an image of these layers. */
export function smallPlan(inventory: Inventory, layers: Layer[], changes: Partial<MachineConfig> = {}): Plan {
  return planOf(inventory, smallResolved(layers), changes)
}

/** The same from an image that was resolved in a registry. */
export function planOf(inventory: Inventory, image: ResolvedImage, changes: Partial<MachineConfig> = {}): Plan {
  const input: PlanInput = {
    machineId: inventory.machine_id,
    config: smallConfig(changes),
    resolved: { disks: Object.fromEntries(inventory.disks.map((disk) => [disk.name, disk])), interfaces: {} },
    inventory,
    image,
    options: { agent: false, now: new Date('2026-11-01T00:00:00Z') },
  }
  const made = makePlan(input)
  if (!made.ok) throw new Error(`the test's plan has problems: ${JSON.stringify(made.error)}`)
  return made.value
}

function smallResolved(layers: Layer[]): ResolvedImage {
  return {
    reference: 'oci://registry.example.com/linux/base:1',
    digest: `sha256:${'9'.repeat(64)}`,
    index_digest: null,
    platform: { os: 'linux', architecture: 'amd64' },
    labels: {},
    layers,
    bytes_total: layers.reduce((sum, layer) => sum + layer.bytes, 0),
  }
}

export function smallLayers(count: number): Layer[] {
  return Array.from({ length: count }, (_, index) => ({
    digest: `sha256:${String(index).padStart(64, '0')}`,
    diff_id: `sha256:${String(index + 50).padStart(64, '0')}`,
    media_type: 'application/vnd.oci.image.layer.v1.tar+gzip',
    bytes: 1000 + index,
  }))
}

export function smallContext(changes: Partial<InstallContext> = {}): InstallContext {
  return {
    kdl: 'pool "rpool"',
    registries: {},
    first_boot: null,
    journal: [],
    last_seq: 0,
    server_time: new Date().toISOString(),
    log_level: 'info',
    kernel_arguments: [],
    ...changes,
  }
}

export async function installRequest(
  plan: Plan,
  context: InstallContext = smallContext(),
  installationId = 'ins_1',
): Promise<InstallRequest> {
  const planSha256 = await sha256Hex(canonicalJson(plan))
  return { installationId, planJson: JSON.stringify(plan), planSha256, contextJson: JSON.stringify(context) }
}

/** Layers from nowhere; `onLayer` decides what happens with each. */
export function layersFrom(onLayer: (work: LayerWork) => Promise<void>, sources = 1): LayerSource {
  return { sourcesFor: () => sources, applyLayer: onLayer }
}

export function pullSteps(plan: Plan): StepOf<'pull-layer'>[] {
  return plan.steps.filter((step) => step.kind === 'pull-layer')
}
