import { setTimeout as delay } from 'node:timers/promises'
import { isTerminal, type Installation, type Inventory, type Machine } from '@slipway/protocol'
import type { VirtualMachine } from '@slipway/testing'
import type { Lab, LabMachine } from './lab.ts'

/** What the booted system said about itself, in order of saying. */
export type Facts = ReadonlyMap<string, string>

// Measured quiet: live system up 25 s, installed system up 45 s. Four times that on a busy computer.
const liveSeconds = 180
const bootSeconds = 300
// Measured: 180 s from the plan to the reboot.
const installSeconds = 900

/** Waits until the machine with this MAC was discovered (by multicast, nothing else is told to anybody) and enrolled. */
export async function waitUntilDiscovered(lab: Lab, machine: LabMachine): Promise<Inventory> {
  const { client } = lab.controlPlane
  const begun = Date.now()
  const end = begun + liveSeconds * 1000
  // Seen since now: a machine that was here before is in the list from then.
  const isHere = (item: Machine) => item.enrolment === 'enrolled' && Date.parse(item.last_seen ?? '') >= begun
  for (; Date.now() < end; await delay(1000)) {
    const { items } = await client.call('listMachines', { query: {} })
    for (const { machine_id } of items.filter(isHere)) {
      const inventory = await client.call('getMachineInventory', { params: { machine_id } }).catch(() => null)
      if (inventory?.interfaces.some((one) => one.mac === machine.mac)) return inventory
    }
  }
  throw new Error(`${machine.mac} was not discovered within ${liveSeconds} s`)
}

/** Plans and starts an installation as an operator does: the digest of the plan that was shown is what is confirmed. */
export async function planAndInstall(lab: Lab, machineId: string, kdl: string): Promise<string> {
  const { client } = lab.controlPlane
  const claim = await client.call('claimMachine', { params: { machine_id: machineId }, body: {} })
  const { plan_sha256 } = await client.call('makePlan', { body: { machine_id: machineId, kdl } })
  const body = { machine_id: machineId, kdl, plan_sha256, claim_id: claim.claim_id }
  const { installation_id } = await client.call('install', { body })
  return installation_id
}

/** Waits until the installation is in one of these states; an end that is none of them is an error with its cause. */
export async function waitForState(
  lab: Lab,
  id: string,
  states: readonly Installation['status'][],
  seconds: number = installSeconds,
): Promise<Installation> {
  const { client } = lab.controlPlane
  let last: Installation | null = null
  const end = Date.now() + seconds * 1000
  for (; Date.now() < end; await delay(1000)) {
    // Unreachable for a moment is no verdict: the deadline is.
    last = (await client.call('getInstallation', { params: { id } }).catch(() => null)) ?? last
    if (!last) continue
    if (states.includes(last.status)) return last
    if (isTerminal(last.status)) break
  }
  throw new Error(`installation ${id} is ${last?.status}, not ${states.join(' or ')}: ${await explain(lab, id, last)}`)
}

async function explain(lab: Lab, id: string, last: Installation | null): Promise<string> {
  const lines: string[] = []
  for await (const line of lab.controlPlane.client.stream('getLogs', { params: { id } })) {
    lines.push(`${line.at} ${line.level} ${line.step ?? '-'} ${line.message}`)
  }
  return `${JSON.stringify(last?.progress)}\n${lines.slice(-40).join('\n')}\n${await lab.lastWords()}`
}

/** Reads what a system that boots after `from` says about itself, up to its last fact. */
export async function readFacts(machine: VirtualMachine, from = 0, seconds = bootSeconds): Promise<Facts> {
  await machine.serial.waitFor(/SLIPWAY-FACT end=/, { seconds, from })
  const text = (await machine.serial.read()).slice(from)
  const pairs = [...text.matchAll(/SLIPWAY-FACT (\w+)=(.*)/g)]
  return new Map(pairs.map(([, name = '', value = '']) => [name, value.trim()]))
}

/** Every step of the installation with how often it was started and ended, from the published events. */
export async function countSteps(lab: Lab, id: string): Promise<Map<string, { started: number; ended: number }>> {
  const counts = new Map<string, { started: number; ended: number }>()
  const { steps } = await lab.controlPlane.client.call('getTimeline', { params: { id } })
  for (const step of steps) counts.set(step.step_id, { started: step.started_at ? 1 : 0, ended: step.ended_at ? 1 : 0 })
  return counts
}

/** Says how long each part of a journey took; durations are part of what a journey shows. */
export function makeStopwatch(journey: string): (part: string) => void {
  let last = performance.now()
  return (part) => {
    const now = performance.now()
    console.log(`[vm] ${journey}: ${part} ${((now - last) / 1000).toFixed(1)} s`)
    last = now
  }
}
