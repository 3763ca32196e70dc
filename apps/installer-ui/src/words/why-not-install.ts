import type { Machine } from '@slipway/protocol'

/** Why a machine cannot be installed now; null when it can. */
export function whyNotInstall({ status, claim, address, enrolment }: Machine, holdsClaim: boolean): string | null {
  if (enrolment === 'conflict') return 'another machine answers with its id: look at it first'
  if (status === 'installing') return 'an installation runs on it'
  if (address === null) return 'it has no live environment: boot it from the live medium'
  if (status === 'offline') return 'it does not answer'
  if (claim !== null && !holdsClaim) return `claimed by ${claim.holder}`
  return null
}
