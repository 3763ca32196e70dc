import { err, ok, type Result } from '@slipway/base'
import type { Disk, Finding, Inventory, MachineConfig, NetworkInterface, ResolvedConfig } from '@slipway/protocol'
import { usedDisks, wipedDisks } from '../check/check-disks-once.ts'
import { makeFindingList } from '../finding-list.ts'
import { makePlaces } from '../places.ts'
import { checkDisks } from './check-disks.ts'
import { checkInterfacesThere } from './check-interfaces-there.ts'
import type { MachineCheck } from './machine-check.ts'

/**
 * Finds the disk and the card behind every name of a config; nodes of one disk (multipath) give one object. Fails with
 * the errors of names that mean nothing, several things, or something that must not be touched; findings stand at 1:1,
 * because there is no text.
 */
export function resolveConfig(config: MachineConfig, inventory: Inventory): Result<ResolvedConfig, Finding[]> {
  const list = makeFindingList(makePlaces())
  const check: MachineCheck = {
    config,
    inventory,
    options: { inventory },
    report: list.report,
    disks: new Map(),
    interfaces: new Map(),
  }
  checkDisks(check)
  checkInterfacesThere(check)
  const errors = list.findings().filter((finding) => finding.severity === 'error')
  return errors.length > 0 ? err(errors) : ok(resolved(check))
}

function resolved({ config, disks, interfaces }: MachineCheck): ResolvedConfig {
  const byName = new Map<string, Disk>()
  for (const { name, pointer } of [...usedDisks(config), ...wipedDisks(config)]) {
    const disk = disks.get(pointer)
    if (disk) byName.set(name, disk)
  }
  const cards = config.sysconfig.interfaces.flatMap((one, index): [string, NetworkInterface][] => {
    const card = interfaces.get(`/sysconfig/interfaces/${index}`)
    return card ? [[one.name, card]] : []
  })
  return { disks: Object.fromEntries(byName), interfaces: Object.fromEntries(cards) }
}
