import { ConnectError } from '@connectrpc/connect'
import { Fault, toFault } from '@slipway/base'
import { connectToFault, faultHeader } from '@slipway/protocol'
import type { Dialled } from './machine-links.ts'

/** Turns what a control call threw into a Fault: the machine's own, or one that names the machine and what to do. */
export function controlFault(machine: Dialled, error: unknown): Fault {
  if (error instanceof Fault) return error
  if (!(error instanceof ConnectError)) return unreachable(machine, error)
  const fault = connectToFault(error)
  // A peer that is killed resets its streams, which the transport calls cancelled; only a carried Fault is the machine's word.
  const isTransports = fault.code === 'cancelled' && error.metadata.get(faultHeader) === null
  return fault.code === 'machine-unreachable' || isTransports || isNetworkError(error)
    ? unreachable(machine, error)
    : fault
}

/**
 * The transport calls an unknown errno internal: a machine that lost its power answers EHOSTUNREACH or ENETUNREACH,
 * not ECONNREFUSED. Errors of system calls carry the call's name (Node: SystemError).
 */
function isNetworkError(error: ConnectError): boolean {
  const { cause } = error
  return cause instanceof Error && 'syscall' in cause && error.metadata.get(faultHeader) === null
}

function unreachable(machine: Dialled, cause: unknown): Fault {
  const words = cause instanceof ConnectError ? cause.rawMessage : toFault(cause).message
  const cure = machine.runsInstalled
    ? 'its installed system runs: start it from the live medium to install it again'
    : 'check its power, network and that it runs machined'
  return new Fault(
    'machine-unreachable',
    `machine ${machine.machine_id} does not answer at ${machine.address}:${machine.port}: ${words}; ${cure}`,
    { cause, details: { machine_id: machine.machine_id, address: machine.address, port: machine.port } },
  )
}
