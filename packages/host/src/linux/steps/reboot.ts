import type { StepExecutor } from '../../host.ts'
import { bootLabel, hasEfiVariables, setBootNext } from '../boot/efi-variables.ts'
import type { LinuxSystem } from '../linux-system.ts'

/** `reboot`: points the firmware's next start at a target disk; `Host.reboot` then leaves the live environment. */
export function makeReboot(system: LinuxSystem): StepExecutor<'reboot'> {
  return {
    async isDone() {
      return false // whoever can ask is still in the live environment
    },
    async apply(step, context) {
      if (step.params.firmware === 'bios') {
        context.log('warn', 'a BIOS cannot be told what to start next: take the live medium away if it comes first')
      }
      if (step.params.firmware === 'uefi' && (await hasEfiVariables(system, context.signal))) {
        for (const target of step.params.targets) {
          if (await setBootNext(system, bootLabel(target.disk), context.signal)) break
        }
      }
      await system.run(['sync'], { signal: context.signal, deadlineMs: 600_000 })
    },
    async undo() {
      // BootNext is forgotten by the firmware after one start.
    },
  }
}
