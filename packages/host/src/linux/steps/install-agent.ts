import type { StepExecutor } from '../../host.ts'
import { applySysconfig } from '../../sysconfig/apply-sysconfig.ts'
import { isRecorded, recordStep } from '../layers/layer-record.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { targetHas } from './apply-sysconfig.ts'

const unit = '/usr/lib/systemd/system/infiniservice.service'
const wants = '/etc/systemd/system/multi-user.target.wants/infiniservice.service'

/** `install-agent`: switches on the agent that the image brings; an image without one is said so in the log. */
export function makeInstallAgent(system: LinuxSystem): StepExecutor<'install-agent'> {
  return {
    isDone: (step, context) => isRecorded(system, step, context),
    async apply(step, context) {
      if (await targetHas(system, unit)) {
        await applySysconfig(
          { changes: [{ kind: 'link', path: wants, target: unit }], commands: [], warnings: [] },
          { root: system.targetRoot, dryRun: false, run: system.run, signal: context.signal },
        )
      } else context.log('warn', `the image brings no agent (no ${unit}); the machine will not report to the server`)
      await recordStep(system, step, context)
    },
    async undo() {
      // The plan says "nothing to undo": it lies in the root file system.
    },
  }
}
