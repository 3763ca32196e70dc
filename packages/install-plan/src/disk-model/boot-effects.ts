import { unreachable } from '@slipway/base'
import type { Step } from '@slipway/protocol'
import { changePool, deviceKey, ModelError, requireFact, rootKey, without } from './change-model.ts'
import type { DiskModel } from './disk-model.ts'

type BootKind = 'install-bootloader' | 'activate-boot-environment' | 'reboot'
type BootStep = Extract<Step, { kind: BootKind }>
type Activate = Extract<Step, { kind: 'activate-boot-environment' }>

export function applyBoot(model: DiskModel, step: BootStep): DiskModel {
  switch (step.kind) {
    case 'install-bootloader': {
      const tree = requireFact(model.trees[rootKey(model)], 'a tree at the target root')
      if (!tree.bootArchive) throw new ModelError('the boot loader is installed before the boot archive is made')
      const loaders = step.params.targets.map((target): [string, string[]] => {
        const key = deviceKey(target)
        return [key, [...(model.loaders[key] ?? []), step.params.boot_environment]]
      })
      return { ...model, loaders: { ...model.loaders, ...Object.fromEntries(loaders) } }
    }
    case 'activate-boot-environment':
      return changePool(model, step.params.pool, (pool) =>
        step.params.once
          ? { ...pool, once: step.params.boot_environment }
          : { ...pool, active: step.params.boot_environment, once: null },
      )
    case 'reboot':
      if (Object.keys(model.mounts).length > 0) throw new ModelError('the machine restarts with its target mounted')
      return { ...model, left: true }
    default:
      return unreachable(step)
  }
}

export function undoBoot(model: DiskModel, step: Exclude<BootStep, { kind: 'reboot' }>): DiskModel {
  if (step.kind === 'activate-boot-environment') return deactivate(model, step)
  const loaders = step.params.targets.reduce((next, target) => {
    const key = deviceKey(target)
    const left = (next[key] ?? []).filter((name) => name !== step.params.boot_environment)
    return left.length === 0 ? without(next, key) : { ...next, [key]: left }
  }, model.loaders)
  return { ...model, loaders }
}

function deactivate(model: DiskModel, { params }: Activate): DiskModel {
  return changePool(model, params.pool, (pool) => ({
    ...pool,
    once: null,
    active: pool.active === params.boot_environment ? params.previous : pool.active,
  }))
}
