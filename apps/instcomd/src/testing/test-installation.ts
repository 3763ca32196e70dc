import { createHash } from 'node:crypto'
import { canonicalJson } from '@slipway/base'
import { machineConfigSchema, planSchema, type MachineEvent, type Plan } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import { claimStore } from '../claims/store.ts'
import type { WriterRun } from '../installations/event-writer.ts'
import { planFacts, type RunState } from '../installations/run-state.ts'
import { runStore } from '../installations/run-store.ts'
import { installationStore } from '../installations/store.ts'
import { planStore } from '../plans/store.ts'

const digest = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** A plan with two layers and a step on either side; `once` adds a boot environment that is activated for one boot. */
export function testPlan(machineId: string, options: { once?: boolean } = {}): Plan {
  const base = {
    reads: [],
    writes: [],
    destroys: [],
    undo: { kind: 'nothing-to-undo' as const },
    estimated_seconds: 10,
  }
  const layer = (index: number) => ({
    kind: 'pull-layer' as const,
    ...base,
    id: `pull-layer:${index}`,
    title: `Pull layer ${index}`,
    params: {
      reference: 'oci://registry.example.com/a:b',
      image_digest: digest('image'),
      index,
      layer: {
        digest: digest(`blob ${index}`),
        diff_id: digest(`tar ${index}`),
        media_type: 'application/x',
        bytes: 1000,
      },
      dataset: null,
    },
  })
  const activate = {
    kind: 'activate-boot-environment' as const,
    ...base,
    id: 'activate',
    title: 'Activate',
    params: {
      pool: 'rpool',
      dataset: 'rpool/ROOT/be',
      boot_environment: 'be',
      targets: [],
      once: true,
      previous: 'old',
    },
  }
  return planSchema.parse({
    version: 1,
    machine_id: machineId,
    platform: 'linux',
    image: { reference: 'oci://registry.example.com/a:b', digest: digest('image'), bytes: 2000 },
    boot_environment: 'be',
    root: 'ext4',
    reboot: true,
    steps: [
      { kind: 'mount-target', ...base, id: 'mount', title: 'Mount', params: { pools: [], mounts: [] } },
      layer(0),
      layer(1),
      ...(options.once ? [activate] : []),
      { kind: 'reboot', ...base, id: 'reboot', title: 'Reboot', params: { firmware: 'uefi', targets: [] } },
    ],
  })
}

/** The state of an installation that has just been picked. */
export function freshState(installationId: string, machineId: string): RunState {
  return {
    installation_id: installationId,
    machine_id: machineId,
    state: 'preparing',
    phase: 'preparing',
    step_id: null,
    percent: 0,
    bytes_done: 0,
    rate: null,
    eta_seconds: null,
    last_seq: 0,
    bytes_by_step: {},
    outcomes: {},
  }
}

/** What machined reports of a run without trouble, numbered from 1. */
export function happyEvents(
  plan: Plan,
  ending: Extract<MachineEvent, { type: 'ended' }>['outcome'] = 'rebooting',
): MachineEvent[] {
  const at = (seq: number) => new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString()
  const bodies = plan.steps.flatMap(({ id: step_id, kind }) => [
    { type: 'step-started' as const, step_id },
    { type: 'log' as const, level: 'info' as const, step_id, message: `begin ${step_id}` },
    ...(kind === 'pull-layer'
      ? [400, 1000].map((bytes) => ({
          type: 'progress' as const,
          step_id,
          bytes_done: bytes,
          bytes_total: 1000,
          bytes_from_wire: bytes,
        }))
      : []),
    { type: 'step-ended' as const, step_id, outcome: 'done' as const, skipped: false, error: null },
  ])
  const all = [...bodies, { type: 'ended' as const, outcome: ending, error: null }]
  return all.map((body, index) => ({ ...body, seq: index + 1, at: at(index) }))
}

/** Rows of a machine with a claim and an installation on it, picked by this instance; and the run that goes with them. */
export async function makeTestRun(
  context: AppContext,
  name: string,
  options: { token?: string; once?: boolean } = {},
): Promise<WriterRun & { over: string[]; plan: Plan; machineId: string; installationId: string }> {
  const { database } = context
  const machineId = `machine-${name}`
  const installationId = `inst-${name}`
  const plan = testPlan(machineId, options)
  const plan_json = canonicalJson(plan)
  const plan_sha256 = createHash('sha256').update(plan_json).digest('hex')
  await database.query(`INSERT INTO machines (machine_id, boot_id) VALUES ($1, 'boot-of-installer')`, [machineId])
  const image = {
    reference: plan.image.reference,
    digest: plan.image.digest,
    index_digest: null,
    platform: { os: 'linux', architecture: 'amd64' },
    labels: {},
    layers: [],
    bytes_total: 2000,
  }
  const config = machineConfigSchema.parse({
    pools: [],
    filesystem: null,
    image: plan.image.reference,
    boot_environment_name: null,
    wipes: [],
    swap_bytes: null,
    dump_bytes: null,
    reboot: true,
    agent: true,
    sysconfig: { hostname: 'h', nameservers: [], search: [], timezone: null, locale: null, interfaces: [], users: [] },
  })
  await planStore.insert(database, {
    plan_sha256,
    machine_id: machineId,
    plan_json,
    config,
    image,
    planned_at: new Date(),
    created_by: 'ada',
  })
  const claim = {
    machineId,
    claimId: `claim-${name}`,
    holder: 'ada',
    principalId: 'usr_1',
    ttlSeconds: 300,
    machineFence: 0,
    implicit: true,
  }
  await claimStore.grant(database, claim)
  await claimStore.bind(database, machineId, claim.claimId, installationId)
  await installationStore.insert(database, {
    installationId,
    machineId,
    planSha256: plan_sha256,
    kdl: '',
    hostname: `${name}-installed`,
    bootEnvironment: 'be',
    image: plan.image,
    claimId: claim.claimId,
    createdBy: 'ada',
    principalId: 'usr_1',
    idempotencyKey: null,
    firstBoot:
      options.token === undefined
        ? null
        : { hash: createHash('sha256').update(options.token).digest(), sealed: 'sealed' },
  })
  await database.transaction((tx) => runStore.pick(tx, context.instanceId, 1000))
  const row = await installationStore.read(database, installationId)
  const over: string[] = []
  return {
    plan,
    machineId,
    installationId,
    over,
    ownerFence: row?.owner_fence ?? 0,
    facts: planFacts(plan),
    expectsReport: options.token !== undefined,
    state: freshState(installationId, machineId),
    pending: [],
    lastProgressAt: 0,
    onOver: (why) => over.push(why),
  }
}
