import { Fault } from '@slipway/base'
import type { StepOf } from '@slipway/protocol'
import type { StepContext, StepExecutor } from '../../host.ts'
import { listEntries, setTries, withEsp } from '../boot/esp.ts'
import { hasEfiVariables } from '../boot/efi-variables.ts'
import { findEsp } from '../boot/systemd-boot.ts'
import { destroyLayerSnapshots } from '../layers/layer-store.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { isImported, poolProperty } from '../zfs/zpool.ts'

type Params = StepOf<'activate-boot-environment'>['params']

/**
 * `activate-boot-environment`: what boots next. On a fresh pool for good (`bootfs`). Beside an older boot environment
 * for one boot: the entry gets one try, which systemd-boot takes away before it starts the kernel, so an unconfirmed
 * system is followed by the old one (systemd.io, Automatic Boot Assessment). Confirmation makes it permanent.
 */
export function makeActivateBootEnvironment(system: LinuxSystem): StepExecutor<'activate-boot-environment'> {
  return {
    async isDone(step, context) {
      const { params } = step
      if (!(await isImported(system, params.pool, context.signal))) return false
      if (!params.once) {
        return (await poolProperty(system, params.pool, 'bootfs', context.signal)) === params.dataset
      }
      const wanted = await wantedTries(system, params, context)
      const found = await readTries(system, params, context)
      return found.length > 0 && found.every((left, index) => left === wanted[index])
    },
    async apply(step, context) {
      const { params } = step
      await destroyLayerSnapshots(system, params.dataset, context)
      if (!params.once) {
        await system.run(['zpool', 'set', `bootfs=${params.dataset}`, params.pool], { signal: context.signal })
      }
      const tries = await wantedTries(system, params, context)
      await eachEsp(system, params, context, (esp, index) =>
        setTries(esp, params.boot_environment, tries[index] ?? null),
      )
    },
    async undo(step, context) {
      const { params } = step
      await eachEsp(system, params, context, async (esp) => {
        const present = (await listEntries(esp)).some((entry) => entry.bootEnvironment === params.boot_environment)
        if (present) await setTries(esp, params.boot_environment, 0)
      })
      if (params.once || !(await isImported(system, params.pool, context.signal))) return
      await system.run(['zpool', 'set', 'bootfs=', params.pool], { signal: context.signal })
    },
  }
}

/**
 * Tries by target; null is for good. Each ESP counts for itself, so where the firmware can be told which one comes next
 * (BootNext takes the first target), only that one gets the try: exactly one boot. Elsewhere any of them may be started.
 */
async function wantedTries(system: LinuxSystem, params: Params, context: StepContext): Promise<(number | null)[]> {
  if (!params.once) return params.targets.map(() => null)
  const steered = await hasEfiVariables(system, context.signal)
  return params.targets.map((_, index) => (steered && index > 0 ? 0 : 1))
}

async function readTries(system: LinuxSystem, params: Params, context: StepContext): Promise<(number | null)[]> {
  const tries: (number | null)[] = []
  await eachEsp(system, params, context, async (esp) => {
    const entry = (await listEntries(esp)).find((found) => found.bootEnvironment === params.boot_environment)
    tries.push(entry ? entry.triesLeft : 0)
  })
  return tries
}

/** Targets are ESPs on UEFI; on BIOS they are BIOS-boot partitions, which hold no entries. */
async function eachEsp(
  system: LinuxSystem,
  params: Params,
  context: StepContext,
  work: (esp: string, index: number) => Promise<void>,
): Promise<void> {
  const loader = context.plan.steps.find((step) => step.kind === 'install-bootloader')
  if (loader?.kind === 'install-bootloader' && loader.params.firmware === 'bios') {
    if (params.once) {
      throw new Fault(
        'unsupported',
        'with BIOS firmware a second boot environment cannot be tried for one boot; reinstall',
      )
    }
    return
  }
  for (const [index, target] of params.targets.entries()) {
    const { node } = await findEsp(system, target, context.signal)
    await withEsp(system, node, context.signal, (esp) => work(esp, index))
  }
}
