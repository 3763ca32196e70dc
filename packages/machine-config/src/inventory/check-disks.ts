import { diskIdentity, type Disk } from '@slipway/protocol'
import { usedDisks, wipedDisks, type DiskUse } from '../check/check-disks-once.ts'
import { parseDiskName } from '../disk-name.ts'
import { diskSizeWords } from '../size.ts'
import { shown } from '../words.ts'
import { leastRootBytes } from './check-sizes.ts'
import { findDisk, isMounted, nodesOf } from './find-disk.ts'
import { contentsOf, freeDisksSentence, isBlank } from './free-disks.ts'
import type { MachineCheck } from './machine-check.ts'

/** Finds every disk that the config names, and checks that it is there and may be used. */
export function checkDisks(check: MachineCheck): void {
  const used = usedDisks(check.config)
  const wiped = wipedDisks(check.config)
  resolveDisks(check, [...used, ...wiped])
  checkUsedOnce(check, used)
  const wipes = wiped.filter(({ mode }) => mode !== 'none').map(({ pointer }) => check.disks.get(pointer))
  for (const use of used) checkUse(check, use, wipes)
  for (const use of wiped) checkWipe(check, use, used)
}

/** Names are resolved before selectors, so that a selector does not take a disk that is named elsewhere. */
function resolveDisks(check: MachineCheck, uses: readonly DiskUse[]): void {
  const { inventory, disks, report } = check
  const isName = (use: DiskUse) => parseDiskName(use.name)?.kind === 'name'
  const bySelector = new Map<string, Disk>()
  for (const use of [...uses.filter(isName), ...uses.filter((one) => !isName(one))]) {
    if (!parseDiskName(use.name)) continue
    // A selector that is written twice (in a pool and in a wipe) means one disk.
    const known = bySelector.get(use.name)
    const match = known
      ? ({ kind: 'one', disk: known } as const)
      : findDisk(use.name, inventory.disks, new Set(disks.values()))
    if (match.kind === 'one') {
      disks.set(use.pointer, match.disk)
      bySelector.set(use.name, match.disk)
    } else if (match.kind === 'none') reportNotFound(check, use)
    else {
      const candidates = match.disks.slice(0, 8).map((disk) => `${disk.name} (${selectorOf(disk)})`)
      report({
        code: 'disk-ambiguous',
        message: `${shown(use.name)} fits ${match.disks.length} disks of this machine.`,
        cure: `Name one of them: ${candidates.join(', ')}.`,
        pointer: use.pointer,
      })
    }
  }
}

function selectorOf(disk: Disk): string {
  if (disk.serial) return `serial:${disk.serial}`
  return disk.wwn ? `wwn:${disk.wwn}` : diskSizeWords(disk.bytes)
}

function reportNotFound(check: MachineCheck, use: DiskUse): void {
  const isWipe = use.pointer.startsWith('/wipes')
  check.report({
    code: 'disk-not-found',
    message: `disk ${shown(use.name)} is not on this machine`,
    cure: isWipe
      ? `Remove it, or name a disk of this machine: ${check.inventory.disks.map((disk) => disk.name).join(', ') || 'it reports none'}.`
      : freeDisksSentence(check, leastRootBytes(check, use.pointer)),
    pointer: use.pointer,
  })
}

function checkUsedOnce({ disks, report }: MachineCheck, used: readonly DiskUse[]): void {
  const seen = new Map<Disk, string>()
  for (const { name, pointer } of used) {
    const disk = disks.get(pointer)
    if (!disk) continue
    const other = seen.get(disk)
    // The same words twice were reported without the machine.
    if (other !== undefined && other !== name) {
      report({
        code: 'disk-twice',
        message: `${shown(name)} and ${shown(other)} are one disk (${diskIdentity(disk).id}).`,
        cure: 'Name another disk here: a disk belongs to one vdev.',
        pointer,
      })
    }
    if (other === undefined) seen.set(disk, name)
  }
}

function checkUse(check: MachineCheck, { name, pointer }: DiskUse, wipes: readonly (Disk | undefined)[]): void {
  const { disks, inventory, report } = check
  const disk = disks.get(pointer)
  if (!disk) return
  const nodes = nodesOf(disk, inventory.disks)
  const cure = `Name another disk; ${freeDisksSentence(check, leastRootBytes(check, pointer))}.`
  const forbidden = whyForbidden(name, nodes)
  for (const reason of forbidden) report({ ...reason, cure, pointer })
  if (forbidden.length === 0 && !nodes.every(isBlank) && !wipes.includes(disk)) {
    report({
      code: 'disk-not-blank',
      message: `Disk ${shown(name)} is not blank: it has ${contentsOf(nodes.find((node) => !isBlank(node)) ?? disk)}.`,
      cure: `If that may be lost, add: wipe "quick" { disks "${name}" }. Otherwise name another disk; ${freeDisksSentence(check, leastRootBytes(check, pointer))}.`,
      pointer,
    })
  }
  if (diskIdentity(disk).weak) {
    report({
      code: 'disk-identity-weak',
      severity: 'warning',
      message: `Disk ${shown(name)} reports neither WWN nor serial; it is known by its place ${shown(disk.by_path ?? disk.name)} alone.`,
      cure: 'Make sure that no disk was moved since the machine was looked at; the plan asks you to confirm it.',
      pointer,
    })
  }
}

type Forbidden = { readonly code: 'disk-mounted' | 'disk-live-medium' | 'disk-in-imported-pool' | 'disk-read-only' } & {
  readonly message: string
}

function whyForbidden(name: string, nodes: readonly Disk[]): Forbidden[] {
  const reasons: Forbidden[] = []
  const imported = nodes.find((node) => node.pool !== null && node.pool_imported)
  if (nodes.some((node) => node.live_medium)) {
    reasons.push({
      code: 'disk-live-medium',
      message: `Disk ${shown(name)} is the medium that the live environment runs from.`,
    })
  } else if (nodes.some(isMounted)) {
    reasons.push({ code: 'disk-mounted', message: `Disk ${shown(name)} is mounted on this machine.` })
  }
  if (imported) {
    reasons.push({
      code: 'disk-in-imported-pool',
      message: `Disk ${shown(name)} belongs to pool ${shown(imported.pool ?? '')}, which is imported.`,
    })
  }
  if (nodes.some((node) => node.read_only)) {
    reasons.push({ code: 'disk-read-only', message: `Disk ${shown(name)} cannot be written.` })
  }
  return reasons
}

function checkWipe(
  { disks, inventory, report }: MachineCheck,
  { name, pointer, mode }: DiskUse & { mode: string },
  used: readonly DiskUse[],
): void {
  const disk = disks.get(pointer)
  if (!disk) return
  const isUsed = used.some((use) => disks.get(use.pointer) === disk)
  // A disk that is used as well got these findings there.
  for (const reason of isUsed ? [] : whyForbidden(name, nodesOf(disk, inventory.disks))) {
    report({ ...reason, cure: 'Remove it from the wipe.', pointer })
  }
  if (isUsed || mode === 'none') return
  report({
    code: 'wiped-disk-unused',
    severity: 'warning',
    message: `Disk ${shown(name)} is wiped, but no pool or filesystem uses it.`,
    cure: 'Remove it from the wipe if its data should stay.',
    pointer,
  })
}
