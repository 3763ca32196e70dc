import type { StepExecutor } from '../../host.ts'
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
      await exportPool(system, step.params.pool, context.signal)
      onExport()
    },
    async undo() {
      // The undo of the pool's own step imports it again when it has to.
    },
  }
}
