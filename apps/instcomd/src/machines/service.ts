import { Fault, isFault } from '@slipway/base'
import type { Inventory } from '@slipway/protocol'
import type { Dialled } from './machine-links.ts'
import { meetMachine, readInventory, type MeetingDeps } from './meet-machine.ts'
import { runsInstalled } from './runs-installed.ts'
import { machineStore, type MachineFilter, type MachineRow } from './store.ts'

/** Rules about machines: what may be asked of one, and how fresh an answer must be. */
export class MachineService {
  readonly #deps: MeetingDeps

  constructor(deps: MeetingDeps) {
    this.#deps = deps
  }

  /** Throws `not-found`. */
  async get(machineId: string): Promise<MachineRow> {
    const row = await machineStore.read(this.#deps.context.database, machineId)
    if (row) return row
    throw new Fault(
      'not-found',
      `there is no machine ${machineId}; \`slipway machines list\` shows those that are known`,
      {
        details: { machine_id: machineId },
      },
    )
  }

  async list(filter: MachineFilter): Promise<MachineRow[]> {
    return machineStore.list(this.#deps.context.database, filter)
  }

  /** Enters a machine by address: dials it, learns who it is, and enrols it where a secret is known. */
  async add(input: { address: string; port: number; actor: string; signal: AbortSignal }): Promise<MachineRow> {
    return this.get(await meetMachine(this.#deps, { ...input, answer: null }))
  }

  /** Where an enrolled machine is dialled. Throws `machine-not-enrolled`. */
  dialled(row: MachineRow): Dialled {
    if (row.enrolment === 'enrolled' && row.address !== null && row.port !== null)
      return {
        machine_id: row.machine_id,
        address: row.address,
        port: row.port,
        runsInstalled: runsInstalled(row.status),
      }
    throw notEnrolled(row)
  }

  /** Enrols a machine that waits for the code on its console; does nothing for one that is enrolled and gets no code. */
  async ensureEnrolled(
    row: MachineRow,
    input: { code?: string | undefined; actor: string; signal: AbortSignal },
  ): Promise<MachineRow> {
    if (input.code === undefined && row.enrolment === 'enrolled') return row
    if (input.code === undefined || row.address === null || row.port === null) throw notEnrolled(row)
    const { code, actor, signal } = input
    await meetMachine(this.#deps, { address: row.address, port: row.port, answer: null, code, actor, signal })
    return this.get(row.machine_id)
  }

  /** The machine's hardware, read now unless it was read within `maxAgeMs`. */
  async inventory(row: MachineRow, options: { maxAgeMs: number; signal: AbortSignal }): Promise<Inventory> {
    const { database } = this.#deps.context
    const kept = await machineStore.readInventory(database, row.machine_id)
    if (kept && kept.age_ms <= options.maxAgeMs) return kept.inventory
    const inventory = await readInventory(this.#deps, this.dialled(row), options.signal)
    await machineStore.writeInventory(database, inventory)
    return inventory
  }

  /** The machine's hardware to look at: the last that was read when the machine does not answer. */
  async lastInventory(row: MachineRow, options: { maxAgeMs: number; signal: AbortSignal }): Promise<Inventory> {
    try {
      return await this.inventory(row, options)
    } catch (error) {
      const kept = await machineStore.readInventory(this.#deps.context.database, row.machine_id)
      if (kept && (isFault(error, 'machine-unreachable') || isFault(error, 'machine-not-enrolled')))
        return kept.inventory
      throw error
    }
  }
}

function notEnrolled(row: MachineRow): Fault {
  const cure =
    row.enrolment === 'code'
      ? 'claim it with the code on its console'
      : 'boot it from live media of this server (slipway live-image build)'
  return new Fault('machine-not-enrolled', `machine ${row.machine_id} does not trust this server yet; ${cure}`, {
    details: { machine_id: row.machine_id, enrolment: row.enrolment },
  })
}
