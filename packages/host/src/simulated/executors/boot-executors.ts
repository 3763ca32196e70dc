import { Fault } from '@slipway/base'
import type { DeviceRef, StepOf } from '@slipway/protocol'
import { partitionRoot } from '../boot/find-root.ts'
import { diskLoaders, emptyLoader, readLoader, writeLoader } from '../boot/loaders.ts'
import { belowPool, ensureImported, requirePool, writePool } from '../pool-access.ts'
import type { SimulatedMachine } from '../simulated-machine.ts'
import type { Loader } from '../state.ts'
import { readTarget } from '../target-access.ts'
import type { SimulatedExecutor } from './simulated-executor.ts'

export function installBootloader(machine: SimulatedMachine): SimulatedExecutor<'install-bootloader'> {
  const hasEntry = (target: DeviceRef, installationId: string) =>
    readLoader(machine, target)?.entries.some((entry) => entry.stamp === installationId) ?? false
  return {
    isDone: (step, context) => step.params.targets.every((target) => hasEntry(target, context.installationId)),
    apply(step, context) {
      const { boot_environment, targets } = step.params
      if (readTarget(machine).boot_archive === null) {
        throw new Fault('conflict', 'the target has no boot archive yet; make it before the boot loader')
      }
      for (const target of targets) {
        requireBootPartition(machine, target, step)
        const loader = readLoader(machine, target) ?? emptyLoader
        const entry = { boot_environment, root: rootName(step), stamp: context.installationId }
        const others = loader.entries.filter((present) => present.boot_environment !== boot_environment)
        // A fresh loader starts its only system; beside others, activating decides.
        const first = loader.default === null ? boot_environment : loader.default
        writeLoader(machine, target, { ...loader, entries: [...others, entry], default: first })
      }
      addToBootOrder(machine, targets)
      machine.store.flush()
    },
    undo(step, context) {
      for (const target of step.params.targets) {
        const loader = readLoader(machine, target)
        if (loader) writeLoader(machine, target, without(loader, context.installationId))
      }
      const firmware = machine.firmware()
      const order = firmware.boot_order.filter((identity) => diskLoaders(machine, identity).length > 0)
      machine.store.write('firmware', { ...firmware, boot_order: order })
      machine.store.flush()
    },
  }
}

function without(loader: Loader, installationId: string): Loader | null {
  const entries = loader.entries.filter((entry) => entry.stamp !== installationId)
  if (entries.length === 0) return null
  const known = (name: string | null) => (entries.some((entry) => entry.boot_environment === name) ? name : null)
  return { entries, default: known(loader.default), once: known(loader.once) }
}

function rootName(step: StepOf<'install-bootloader'>): string {
  const { root } = step.params
  return root.kind === 'zfs' ? root.dataset : partitionRoot(root.device.disk.identity, root.device.partition)
}

function requireBootPartition(machine: SimulatedMachine, target: DeviceRef, step: StepOf<'install-bootloader'>): void {
  const { hardware, state } = machine.requireDisk(target.disk)
  if (target.partition === null) return
  const partition = state.partitions.find(({ number }) => number === target.partition)
  const fits = step.params.firmware === 'uefi' ? partition?.content?.signature === 'vfat' : partition !== undefined
  if (fits) return
  const message = `partition ${target.partition} of ${hardware.name} is nothing that ${step.params.firmware} firmware starts from`
  throw new Fault('disk-changed', message, { details: { disk: hardware.name } })
}

function addToBootOrder(machine: SimulatedMachine, targets: readonly DeviceRef[]): void {
  const firmware = machine.firmware()
  const disks = targets.map((target) => target.disk.identity)
  const others = firmware.boot_order.filter((identity) => !disks.includes(identity))
  machine.store.write('firmware', { ...firmware, boot_order: [...disks, ...others] })
}

export function activateBootEnvironment(machine: SimulatedMachine): SimulatedExecutor<'activate-boot-environment'> {
  return {
    isDone({ params }, context) {
      const pool = params.once ? null : ensureImported(machine, params.pool, context)
      if (pool && pool.bootfs !== belowPool(params.dataset)) return false
      return params.targets.every((target) => {
        const loader = readLoader(machine, target)
        return (params.once ? loader?.once : loader?.default) === params.boot_environment
      })
    },
    apply({ params }, context) {
      const { boot_environment, once } = params
      const pool = requirePool(machine, params.pool, context)
      for (const target of params.targets) {
        const loader = readLoader(machine, target)
        if (!loader?.entries.some((entry) => entry.boot_environment === boot_environment)) {
          throw new Fault(
            'conflict',
            `no boot loader on ${target.disk.device} knows boot environment ${boot_environment}`,
          )
        }
        const changed = once ? { once: boot_environment } : { default: boot_environment, once: null }
        writeLoader(machine, target, { ...loader, ...changed })
      }
      if (!once) writePool(machine, { ...pool, bootfs: belowPool(params.dataset) })
      machine.store.flush()
    },
    undo({ params }, context) {
      for (const target of params.targets) {
        const loader = readLoader(machine, target)
        if (!loader) continue
        const back = loader.default === params.boot_environment ? params.previous : loader.default
        writeLoader(machine, target, { ...loader, default: back, once: null })
      }
      const pool = ensureImported(machine, params.pool, context)
      if (pool?.bootfs === belowPool(params.dataset)) {
        writePool(machine, { ...pool, bootfs: params.previous === null ? null : `ROOT/${params.previous}` })
      }
      machine.store.flush()
    },
  }
}

export function reboot(machine: SimulatedMachine): SimulatedExecutor<'reboot'> {
  const first = (step: StepOf<'reboot'>) => step.params.targets[0]?.disk.identity ?? null
  return {
    isDone: (step) => machine.firmware().boot_next === first(step),
    apply(step) {
      machine.store.write('firmware', { ...machine.firmware(), boot_next: first(step), local_boot: true })
      machine.store.flush()
    },
    undo() {
      machine.store.write('firmware', { ...machine.firmware(), boot_next: null, local_boot: false })
      machine.store.flush()
    },
  }
}
