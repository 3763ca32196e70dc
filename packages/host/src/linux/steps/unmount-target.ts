import type { StepExecutor } from '../../host.ts'
import { sealLayers } from '../layers/layer-record.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { mountsBelow, unmountBelow } from '../mounts.ts'

/** `unmount-target`: flushes and unmounts everything below the target root. */
export function makeUnmountTarget(system: LinuxSystem): StepExecutor<'unmount-target'> {
  return {
    async isDone() {
      return (await mountsBelow(system, system.targetRoot)).length === 0
    },
    async apply(_step, context) {
      await sealLayers(system, context)
      await system.run(['sync'], { signal: context.signal, deadlineMs: 600_000 })
      await unmountBelow(system, system.targetRoot, context.signal)
    },
    async undo() {
      // Nothing to undo: mounting again would serve nobody.
    },
  }
}
