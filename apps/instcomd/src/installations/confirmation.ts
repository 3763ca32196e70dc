import { createHash, timingSafeEqual } from 'node:crypto'
import { Fault } from '@slipway/base'
import { isTerminal, planSchema, type BootedReport, type InstallationError } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import { machineStore } from '../machines/store.ts'
import { planStore } from '../plans/store.ts'
import { endInstallations } from './end-installations.ts'
import type { RunLog } from './run-log.ts'
import { runStore } from './run-store.ts'
import { installationStore, type InstallationRow } from './store.ts'

const sweepMs = 1000

/** How long a report waits for the machine's own last events, which may still be on their way through this server. */
const eventsMs = 15_000
const lookMs = 250

/** The last word on an installation: the new system's report, its absence, or the installer showing up again. */
export class Confirmation {
  readonly #context: AppContext
  readonly #log: RunLog
  #sweeper: NodeJS.Timeout | null = null

  constructor(context: AppContext, log: RunLog) {
    this.#context = context
    this.#log = log
  }

  start(): void {
    this.#sweeper = setInterval(() => void this.#sweep(), sweepMs)
  }

  stop(): void {
    if (this.#sweeper) clearInterval(this.#sweeper)
  }

  /** Takes the first-boot report; a repeated one gets the same answer. Throws `not-authenticated`, `installation-terminal`. */
  async report(installationId: string, report: BootedReport): Promise<{ confirmed: boolean }> {
    const { database } = this.#context
    await this.#authentic(database, installationId, report)
    await this.#letEventsArrive(installationId)
    return database.transaction(async (tx) => {
      const row = await this.#authentic(tx, installationId, report)
      const asPlanned = report.boot_environment === row.boot_environment
      // An agent's handshake knows none: it must not take away what the other report told.
      if (asPlanned && (report.addresses.length > 0 || !isTerminal(row.state)))
        await machineStore.setSystemAddresses(tx, row.machine_id, report.addresses)
      if (!isTerminal(row.state)) await this.#end(tx, row, asPlanned ? 'completed' : 'rolled-back')
      else if (row.state === 'completed' && !row.confirmed) await this.#confirmLate(tx, row)
      else if (row.state !== (asPlanned ? 'completed' : 'rolled-back'))
        throw new Fault('installation-terminal', `installation ${installationId} has ended already (${row.state})`)
      return { confirmed: asPlanned }
    })
  }

  async #authentic(tx: Transaction, installationId: string, report: BootedReport): Promise<InstallationRow> {
    const row = await installationStore.read(tx, installationId)
    if (row?.first_boot_hash && isToken(report.token, row.first_boot_hash)) return row
    throw new Fault('not-authenticated', 'the first-boot token is not the one written into the new system')
  }

  /** A quick machine reports before its last events are stored; they are waited for while somebody still reads them. */
  async #letEventsArrive(installationId: string): Promise<void> {
    const { database, signal } = this.#context
    for (const deadline = Date.now() + eventsMs; Date.now() < deadline && !signal.aborted;) {
      if (!(await runStore.isBeingRun(database, installationId))) return
      await this.#log.wait(installationId, lookMs, signal)
    }
  }

  /** A machine that runs the live system again after its reboot is reported, never installed again. */
  async sightedLive(machines: readonly { machine_id: string; boot_id: string | null }[]): Promise<void> {
    const { database } = this.#context
    const ids = machines.map(({ machine_id }) => machine_id)
    const confirming = await runStore.confirmingOn(database, ids)
    const again = confirming.filter((row) => {
      const seen = machines.find(({ machine_id }) => machine_id === row.machine_id)
      return seen?.boot_id != null && row.boot_id !== null && seen.boot_id !== row.boot_id
    })
    if (again.length === 0) return
    const endings = again.map((row) => ({
      installation_id: row.installation_id,
      outcome: 'failed' as const,
      confirmed: false,
      error: installerAgain(row),
      actor: 'instcomd',
    }))
    await database.transaction((tx) => endInstallations(this.#context, tx, endings))
  }

  async #end(tx: Transaction, row: InstallationRow, outcome: 'completed' | 'rolled-back'): Promise<void> {
    const { installation_id, machine_id } = row
    if (outcome === 'completed') await runStore.settleSteps(tx, installation_id)
    const ending = {
      installation_id,
      outcome,
      confirmed: outcome === 'completed',
      error: null,
      actor: `slipway:machine/${machine_id}`,
    }
    await endInstallations(this.#context, tx, [ending])
  }

  /** The report of a system of which none was expected in time; the end stands, the confirmation is added. */
  async #confirmLate(tx: Transaction, row: InstallationRow): Promise<void> {
    await tx.query('UPDATE installations SET confirmed = true WHERE installation_id = $1', [row.installation_id])
    const data = { machine_id: row.machine_id, installation_id: row.installation_id, confirmed: true }
    await this.#context.appendEvent(tx, { type: 'machines.updated', data, actor: `slipway:machine/${row.machine_id}` })
  }

  async #sweep(): Promise<void> {
    try {
      await this.#context.database.transaction(async (tx) => {
        for (const row of await runStore.overdue(tx)) await this.#endOverdue(tx, row)
      })
    } catch (error) {
      this.#context.logger.debug({ err: error }, 'Overdue installations were not ended; the next sweep tries again')
    }
  }

  /** On an existing pool the new boot environment was activated for one boot only: unconfirmed, the old one is back. */
  async #endOverdue(tx: Transaction, row: InstallationRow): Promise<void> {
    const plan = await planStore.read(tx, row.plan_sha256)
    const steps = plan ? planSchema.parse(JSON.parse(plan.plan_json)).steps : []
    const returns = steps.some((step) => step.kind === 'activate-boot-environment' && step.params.once)
    const error = confirmationTimeout(row, this.#context.configuration.installation.commit_timeout, returns)
    const outcome = returns ? 'rolled-back' : 'failed'
    await endInstallations(this.#context, tx, [
      { installation_id: row.installation_id, outcome, confirmed: false, error, actor: 'instcomd' },
    ])
  }
}

function isToken(token: string, hash: Buffer): boolean {
  return timingSafeEqual(createHash('sha256').update(token).digest(), hash)
}

function installerAgain(row: InstallationRow): InstallationError {
  return {
    code: 'booted-installer-again',
    kind: 'bootloader',
    message: `machine ${row.machine_id} started the live system again instead of the installed one`,
    cure: 'Set the firmware to start from the installed disk, or remove the live medium; then restart the machine. The disks are as they were installed.',
    details: { machine_id: row.machine_id, boot_environment: row.boot_environment },
  }
}

function confirmationTimeout(row: InstallationRow, withinMs: number, returns: boolean): InstallationError {
  return {
    code: 'confirmation-timeout',
    kind: 'timeout',
    message: `the new system on ${row.machine_id} did not report within ${Math.round(withinMs / 1000)} s after the reboot`,
    cure: returns
      ? 'The machine starts its former boot environment again; look at its console for why the new one did not come up.'
      : 'Look at the console: does it start from the right disk, has it a network, does it reach server.machine_port of this server?',
    details: { machine_id: row.machine_id, boot_environment: row.boot_environment },
  }
}
