import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { StepContext, StepExecutor } from '../../host.ts'
import { applySysconfig } from '../../sysconfig/apply-sysconfig.ts'
import { pathInRoot } from '../../sysconfig/path-in-root.ts'
import { readPlainFile } from '../../sysconfig/read-plain-file.ts'
import type { SysconfigChange } from '../../sysconfig/sysconfig-plan.ts'
import { isRecorded, recordStep } from '../layers/layer-record.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { targetHas } from './apply-sysconfig.ts'
import { unpackProgram } from './unpack-program.ts'

const program = '/opt/infiniservice/infiniservice'
const guard = '/opt/infiniservice/infiniservice-guard'
/** Where packages put it; ours goes below /etc, as install-linux.sh has it. */
const imageUnit = '/usr/lib/systemd/system/infiniservice.service'
const ownUnit = '/etc/systemd/system/infiniservice.service'
const wants = '/etc/systemd/system/multi-user.target.wants/infiniservice.service'
const environment = '/etc/environment'

/** agent.json beside the live medium's agent (images/live/agent-files.ts). */
const mediumSchema = z.object({ version: z.string(), sha256: z.string(), size: z.number() })

/**
 * `install-agent`: puts the live medium's agent into the target, unless the image brings one of its own; either is enabled and told
 * the machine's id. A medium and an image without one are said so in the log. Source: docs/decisions/0009-agent-from-the-medium.md.
 */
export function makeInstallAgent(system: LinuxSystem): StepExecutor<'install-agent'> {
  return {
    isDone: (step, context) => isRecorded(system, step, context),
    async apply(step, context) {
      const unit = (await targetHas(system, imageUnit)) ? imageUnit : await placeAgent(system, context)
      if (unit === null) {
        const message = `neither the live medium (no ${system.agentFolder}) nor the image (no ${imageUnit}) brings an agent; the machine will not report to the server`
        context.log('warn', message)
      } else await applyChanges(system, context, await enableChanges(system, context, unit))
      await recordStep(system, step, context)
    },
    async undo() {
      // The plan says "nothing to undo": it lies in the root file system.
    },
  }
}

/** Unpacks the program and writes its unit; null when the medium has none. */
async function placeAgent(system: LinuxSystem, context: StepContext): Promise<string | null> {
  const read = (name: string) => readFile(join(system.agentFolder, name), 'utf8')
  const text = await read('agent.json').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const medium = mediumSchema.parse(JSON.parse(text))
  const folder: SysconfigChange = { kind: 'directory', path: '/opt/infiniservice', mode: 0o755 }
  await applyChanges(system, context, [folder])
  const packed = join(system.agentFolder, 'infiniservice.zst')
  await unpackProgram(packed, await pathInRoot(system.targetRoot, program), medium, context.signal)
  await applyChanges(system, context, [
    { kind: 'file', path: guard, content: await read('infiniservice-guard'), mode: 0o755 },
    { kind: 'file', path: ownUnit, content: await read('infiniservice.service'), mode: 0o644 },
  ])
  context.log('info', `agent ${medium.version} is installed`)
  return ownUnit
}

async function enableChanges(system: LinuxSystem, context: StepContext, unit: string): Promise<SysconfigChange[]> {
  const before = await readPlainFile(await pathInRoot(system.targetRoot, environment))
  const others = (before?.toString('utf8') ?? '')
    .split('\n')
    .filter((line) => line !== '' && !/^\s*(?:export\s+)?INFINIBAY_VM_ID=/.test(line))
  const content = [...others, `INFINIBAY_VM_ID=${context.plan.machine_id}`, ''].join('\n')
  return [
    { kind: 'file', path: environment, content, mode: 0o644 },
    { kind: 'link', path: wants, target: unit },
  ]
}

async function applyChanges(
  system: LinuxSystem,
  context: StepContext,
  changes: readonly SysconfigChange[],
): Promise<void> {
  const options = { root: system.targetRoot, dryRun: false, run: system.run, signal: context.signal }
  await applySysconfig({ changes, commands: [], warnings: [] }, options)
}
