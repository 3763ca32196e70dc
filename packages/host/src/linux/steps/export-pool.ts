import { toFault } from '@slipway/base'
import { hangsInKernel } from '../../command/kernel-waits.ts'
import type { StepContext, StepExecutor } from '../../host.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { unmountBelow } from '../mounts.ts'
import { exportPool, isImported } from '../zfs/zpool.ts'

/**
 * `export-pool`: hands the pool over, so that the installed system imports it without force. `onExport` is told, because
 * what was known of the pool before is out of date.
 */
export function makeExportPool(system: LinuxSystem, onExport: () => void): StepExecutor<'export-pool'> {
  return {
    async isDone(step, context) {
      return !(await isImported(system, step.params.pool, context.signal))
    },
    async apply(step, context) {
      await unmountBelow(system, system.targetRoot, context.signal)
      await exportPool(system, step.params.pool, context.signal).catch((error: unknown) => goOn(error, context))
      onExport()
    },
    async undo() {
      // The undo of the pool's own step imports it again when it has to.
    },
  }
}

/**
 * An export that hangs in the kernel must not cost a whole installation: what was written is flushed and unmounted by
 * now, only a restart helps, and that comes next (not when the target is left early: then it is an error). The new
 * system imports the pool by the hostid in its labels (hostid.ts).
 */
function goOn(error: unknown, context: StepContext): void {
  const isLast = context.plan.reboot && !context.signal.aborted
  if (!isLast || !hangsInKernel(error)) throw error
  context.log('warn', `${toFault(error).message}; the new system takes the pool over after the restart`)
}
