import { Fault } from '@slipway/base'
import type { Dialled, MachineLinks } from '../machines/machine-links.ts'

/** An address that swallows packets would hold a slot for as long as the kernel tries, which is minutes. */
const reachMs = 10_000

/** Opens the connection to a machine, or throws `machine-unreachable` within ten seconds and takes no longer. */
export async function reachMachine(
  links: Pick<MachineLinks, 'call' | 'drop'>,
  machine: Dialled,
  input: { signal: AbortSignal; withinMs?: number },
): Promise<void> {
  const { signal, withinMs = reachMs } = input
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    links.drop(machine.machine_id) // else the next try would wait for the same connection
    reject(silence(machine, withinMs))
  }, withinMs)
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    // A call that asks nothing: the connection alone is wanted.
    await Promise.race([links.call(machine, () => Promise.resolve(), { signal }), late])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

function silence({ machine_id, address, port }: Dialled, withinMs: number): Fault {
  const cause = Object.assign(new Error(`no answer from ${address} port ${port} within ${withinMs / 1000} s`), {
    code: 'ETIMEDOUT',
  })
  return new Fault(
    'machine-unreachable',
    `machine ${machine_id} does not answer at ${address}:${port}: ${cause.message}; check its power, network and that it runs machined`,
    { cause, details: { machine_id, address, port } },
  )
}
