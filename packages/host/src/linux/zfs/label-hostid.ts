import type { StepContext } from '../../host.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { hostidOf, parseLabelHostid, useHostid } from './hostid.ts'

/**
 * Takes on the hostid of the system that used a pool last, so that its pool imports without force and every boot
 * environment in it keeps one hostid: when a new one fails and the old one boots again, its import must not be refused.
 * A pool that nobody used yet gets the machine's own.
 */
export async function useLabelHostid(
  system: LinuxSystem,
  nodes: readonly string[],
  context: StepContext,
): Promise<string> {
  const { signal } = context
  let hostid: string | null = null
  if (nodes[0]) {
    const { stdout } = await system.run(['zdb', '-l', nodes[0]], { signal, accept: [0, 1, 2] })
    hostid = parseLabelHostid(stdout)
  }
  hostid ??= hostidOf(context.plan.machine_id)
  await useHostid(system, hostid, signal)
  return hostid
}
