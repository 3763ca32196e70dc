import { createContext, use } from 'react'

/** The plan that a person has confirmed on this page; a reload asks again. */
interface ConfirmedPlan {
  readonly sha256: string | null
  readonly confirm: (sha256: string | null) => void
}

export const ConfirmedPlanContext = createContext<ConfirmedPlan>({ sha256: null, confirm: () => undefined })

export function useConfirmedPlan(): ConfirmedPlan {
  return use(ConfirmedPlanContext)
}
