import { errorRemedy, type RemedyFacts } from '@slipway/install-plan'
import { planSchema, type InstallationError, type Inventory } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import { machineStore } from '../machines/store.ts'
import { planStore } from '../plans/store.ts'
import { recordsOf } from './run-state.ts'
import { installationStore } from './store.ts'

/** Gives an installation's error its way out; `inventory` is the machine's after the failure, null where none was read. */
export async function remediedError(
  context: AppContext,
  tx: Transaction,
  ending: { installation_id: string; error: InstallationError | null },
  inventory: Inventory | null,
): Promise<InstallationError | null> {
  const { installation_id, error } = ending
  if (!error) return null
  if (error.kind !== 'disk') return errorRemedy(error, null)
  return errorRemedy(error, await readFacts(context, tx, installation_id, inventory))
}

async function readFacts(
  context: AppContext,
  tx: Transaction,
  installationId: string,
  inventory: Inventory | null,
): Promise<RemedyFacts | null> {
  const row = await installationStore.read(tx, installationId)
  const stored = row && (await planStore.read(tx, row.plan_sha256))
  if (!row || !stored) return null
  const steps = await installationStore.steps(tx, installationId)
  const outcomes = Object.fromEntries(steps.map(({ step_id, outcome }) => [step_id, outcome]))
  const kept = inventory ?? (await keptInventory(context, tx, row.machine_id))
  if (!kept) return null
  return {
    plan: planSchema.parse(JSON.parse(stored.plan_json)),
    inventory: kept,
    records: recordsOf({ outcomes, bytes_by_step: {} }),
    isCurrent: inventory !== null,
  }
}

/** A kept inventory that this version cannot read must not keep an installation from ending. */
async function keptInventory(context: AppContext, tx: Transaction, machineId: string): Promise<Inventory | null> {
  try {
    return (await machineStore.readInventory(tx, machineId))?.inventory ?? null
  } catch (error) {
    context.logger.warn(
      { err: error, machine_id: machineId },
      'The kept inventory cannot be read; no layouts are offered',
    )
    return null
  }
}
