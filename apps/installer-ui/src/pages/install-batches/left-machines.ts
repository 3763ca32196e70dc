import { isTerminal, type WholeInstallBatch } from '@slipway/protocol'

/** The machines whose installation has ended and did not complete: those to install again. */
export function leftMachines({ machines }: Pick<WholeInstallBatch, 'machines'>): WholeInstallBatch['machines'] {
  return machines.filter(({ installation: { status } }) => isTerminal(status) && status !== 'completed')
}
