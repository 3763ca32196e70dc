import { backoffDelay, delay, isFault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import type { Confirmation } from '../installations/confirmation.ts'
import { installationStore } from '../installations/store.ts'
import type { LinkSession } from './guest-link.ts'

const retry = { firstMs: 500, capMs: 10_000, tries: 8 }

/**
 * A handshake with the token of an installation confirms it as the first-boot report does. The token was written into the
 * new boot environment alone, so whoever has it runs that one. Never throws: the link serves whether or not.
 */
export async function confirmFirstBoot(
  context: AppContext,
  confirmation: Pick<Confirmation, 'report'>,
  session: LinkSession,
): Promise<void> {
  const { handshake, machineId } = session
  const report = handshake?.first_boot
  if (!handshake || !report) return
  for (let attempt = 1; attempt <= retry.tries && !context.signal.aborted; attempt += 1) {
    try {
      const row = await installationStore.read(context.database, report.installation_id)
      if (row?.machine_id !== machineId) return refuse(context, machineId, report.installation_id)
      const { boot_environment } = row
      await confirmation.report(report.installation_id, {
        token: report.token,
        boot_environment,
        boot_id: handshake.boot_id,
        addresses: [], // its metrics tell them
      })
      return
    } catch (error) {
      const isOver = isFault(error, 'not-authenticated') || isFault(error, 'installation-terminal')
      const fields = { err: error, machine_id: machineId, installation_id: report.installation_id }
      context.logger[isOver ? 'info' : 'warn'](fields, 'An agent’s handshake did not confirm its installation')
      if (isOver) return
      await delay(backoffDelay(retry, attempt), context.signal).catch(() => undefined) // the server stops
    }
  }
}

function refuse(context: AppContext, machineId: string, installationId: string): void {
  const fields = { machine_id: machineId, installation_id: installationId }
  context.logger.warn(fields, 'An agent’s handshake names an installation of another machine')
}
