import { machineConfigSchema, resolvedImageSchema, type MachineConfig, type ResolvedImage } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

/** A stored plan with everything that it was made from but the inventory. */
export interface PlanRow {
  readonly plan_sha256: string
  readonly machine_id: string
  /** Canonical JSON. */
  readonly plan_json: string
  readonly config: MachineConfig
  readonly image: ResolvedImage
  readonly planned_at: Date
}

/** SQL over `plans`; a plan is written once and never changed. */
export const planStore = {
  async read(tx: Transaction, planSha256: string): Promise<PlanRow | null> {
    const [row] = await tx.query<PlanRow>('SELECT * FROM plans WHERE plan_sha256 = $1', [planSha256])
    if (!row) return null
    return { ...row, config: machineConfigSchema.parse(row.config), image: resolvedImageSchema.parse(row.image) }
  },

  async insert(tx: Transaction, plan: PlanRow & { readonly created_by: string }): Promise<void> {
    await tx.query(
      `INSERT INTO plans (plan_sha256, machine_id, plan_json, config, image, planned_at, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (plan_sha256) DO NOTHING`,
      [plan.plan_sha256, plan.machine_id, plan.plan_json, plan.config, plan.image, plan.planned_at, plan.created_by],
    )
  },
}
