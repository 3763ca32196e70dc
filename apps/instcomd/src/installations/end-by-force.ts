import { Fault } from '@slipway/base'
import { installationError } from '@slipway/install-plan'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import { endInstallations } from './end-installations.ts'

/** Ends the installation whose claim an administrator took away. */
export async function endByForce(
  context: AppContext,
  tx: Transaction,
  installationId: string,
  by: string,
): Promise<void> {
  const error = installationError(
    new Fault('claim-stale', `${by} ended the claim of installation ${installationId} by force`),
  )
  await endInstallations(context, tx, [
    { installation_id: installationId, outcome: 'failed', confirmed: false, error, actor: by },
  ])
}
