import { useState, type ReactNode } from 'react'
import { ConfirmedPlanContext } from './confirmed-plan.ts'

/** Holds which plan was confirmed, while the wizard is open. */
export function ConfirmedPlanProvider({ children }: { children: ReactNode }) {
  const [sha256, confirm] = useState<string | null>(null)
  return <ConfirmedPlanContext value={{ sha256, confirm }}>{children}</ConfirmedPlanContext>
}
