import { delay } from '@slipway/base'
import type { Client } from '@slipway/client'
import { isTerminal, type InstallBatch, type WholeInstallBatch } from '@slipway/protocol'
import { print } from '../output/print.ts'
import { printTable } from '../output/print-table.ts'

/** How often a watched batch is read; milliseconds. */
const readMs = 1000

/** Prints each machine as it ends; returns 0 when all completed, 1 otherwise, 130 after Ctrl-C, which only detaches. */
export async function watchBatch(client: Client, id: string): Promise<number> {
  const stop = new AbortController()
  const detach = () => stop.abort()
  process.once('SIGINT', detach)
  const told = new Set<string>()
  try {
    for (;;) {
      const batch = await client.call('getInstallBatch', { params: { id }, signal: stop.signal })
      tellEnded(batch, told)
      if (told.size === batch.machines.length) return report(batch)
      await delay(readMs, stop.signal)
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
    print(`Detached; the installations go on. Watch them again with: slipway install-batches show ${id} --watch`)
    return 130
  } finally {
    process.removeListener('SIGINT', detach)
  }
}

function tellEnded({ machines }: WholeInstallBatch, told: Set<string>): void {
  for (const { machine_id, installation } of machines) {
    if (!isTerminal(installation.status) || told.has(machine_id)) continue
    told.add(machine_id)
    const { error } = installation.progress
    const why = error ? `: ${error.message}\n  cure: ${error.cure}` : ''
    print(`[${told.size}/${machines.length}] ${machine_id} ${installation.status}${why}`)
  }
}

function report({ machines, machines_total }: WholeInstallBatch): number {
  const completed = machines.filter(({ installation }) => installation.status === 'completed').length
  print(`${completed} of ${machines_total} machines completed.`)
  return completed === machines_total ? 0 : 1
}

/** The machines of a batch as a table, under what it is. */
export function printMachines(batch: WholeInstallBatch): void {
  print(printBatches([batch]))
  const rows = batch.machines.map(({ machine_id, installation: { status, progress, installation_id } }) => [
    machine_id,
    status,
    progress.percent,
    installation_id,
    progress.error?.message ?? null,
  ])
  print(`\n${printTable(['machine', 'status', 'percent', 'installation', 'error'], rows)}`)
}

export function printBatches(batches: readonly InstallBatch[]): string {
  const rows = batches.map((batch) => [
    batch.id,
    batch.name,
    batch.machines_total,
    printStates(batch),
    batch.created_at,
  ])
  return printTable(['batch', 'name', 'machines', 'states', 'created'], rows)
}

/** How many machines are in which state. */
export function printStates({ states }: Pick<InstallBatch, 'states'>): string {
  return Object.entries(states)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')
}
