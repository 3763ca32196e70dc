import { delay, Fault, isFault } from '@slipway/base'
import { stat } from 'node:fs/promises'
import type { LinuxSystem } from '../linux-system.ts'

const deadlineMs = 30_000 // a USB disk re-reads its table within seconds; a loaded emulator needs more
const pollMs = 50

/** Makes the kernel read a partition table again and waits until every node is there and udev has dealt with it. */
export async function waitForNodes(
  system: LinuxSystem,
  disk: string,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  // partx updates what changed and does not need the disk to be idle, as re-reading the whole table would.
  await system.run(['partx', '--update', disk], { signal, accept: [0, 1] })
  await settle(system, signal)
  const stop = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
  for (const node of nodes) {
    while (!(await exists(node))) {
      if (stop.aborted && !signal.aborted) {
        throw new Fault(
          'step-timeout',
          `${node} did not appear within ${deadlineMs / 1000} s after partitioning ${disk}`,
        )
      }
      await delay(pollMs, signal)
    }
  }
}

/** Waits until udev has handled its queue; a system without udev has nothing to wait for. */
export async function settle(system: LinuxSystem, signal: AbortSignal): Promise<void> {
  try {
    await system.run(['udevadm', 'settle', '--timeout=30'], { signal, accept: [0, 1] })
  } catch (error) {
    if (!isFault(error, 'unsupported')) throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
