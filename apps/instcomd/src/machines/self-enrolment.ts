import { backoffDelay, delay, Fault, isFault } from '@slipway/base'
import type { EnrolledMachine } from '../enrollments/service.ts'
import { meetMachine, readInventory, type MeetingDeps } from './meet-machine.ts'
import { machineStore } from './store.ts'

/** The machine serves its new certificate a moment after it was handed out. */
const meetBackoff = { firstMs: 100, capMs: 2000, tries: 15 }
/** Whoever answered under this identity a moment ago answers within this time. */
const stillThereMs = 3000

/** Meets machines that registered themselves (`POST /api/enroll`). */
export class SelfEnrolment {
  readonly #deps: MeetingDeps
  readonly #running = new Set<Promise<void>>()

  constructor(deps: MeetingDeps) {
    this.#deps = deps
  }

  /** Called before the certificate is handed out. Throws `machine-conflict` while another machine answers under this identity. */
  async enrolled(machine: EnrolledMachine): Promise<void> {
    await this.#ensureAlone(machine)
    const run = this.#meet(machine)
      .catch((error: unknown) =>
        this.#deps.context.logger.warn(
          { err: error, machine_id: machine.machineId },
          `Machine ${machine.machineId} registered itself but does not answer at ${machine.address}:${machine.port}`,
        ),
      )
      .finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  async #ensureAlone(machine: EnrolledMachine): Promise<void> {
    const { context } = this.#deps
    const row = await machineStore.read(context.database, machine.machineId)
    const { enrolment, address, port } = row ?? {}
    if (enrolment !== 'enrolled' || !address || !port || (address === machine.address && port === machine.port)) return
    try {
      const signal = AbortSignal.any([context.signal, AbortSignal.timeout(stillThereMs)])
      await readInventory(this.#deps, { machine_id: machine.machineId, address, port }, signal)
    } catch {
      return // nobody there any more: the machine rebooted, or moved
    }
    const message = `machine ${machine.machineId} still answers at ${address}:${port}, and another one at ${machine.address} uses its identity`
    await machineStore.setConflict(context.database, machine.machineId, message)
    throw new Fault(
      'machine-conflict',
      `${message}; give one of them another identity, or enter the right one by address`,
    )
  }

  async #meet(machine: EnrolledMachine): Promise<void> {
    const { signal } = this.#deps.context
    const { address, port } = machine
    const dialled = { machine_id: machine.machineId, address, port }
    this.#deps.links.drop(machine.machineId)
    for (let attempt = 1; ; attempt += 1) {
      await delay(50 + backoffDelay(meetBackoff, attempt), signal)
      try {
        await readInventory(this.#deps, dialled, signal)
        break
      } catch (error) {
        const later = isFault(error, 'certificate-refused') || isFault(error, 'machine-unreachable')
        if (!later || attempt >= meetBackoff.tries) throw error
        this.#deps.links.drop(machine.machineId)
      }
    }
    await meetMachine(this.#deps, { address, port, answer: null, actor: certificateActor(machine.machineId), signal })
  }
}

function certificateActor(machineId: string): string {
  return `slipway:machine/${machineId}`
}
