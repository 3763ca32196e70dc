import type { MachineConfig } from '@slipway/protocol'
import { parseDiskName, selectorKeys } from '../disk-name.ts'
import { didYouMean } from '../suggestion.ts'
import { listWords, shown } from '../words.ts'
import type { ReportFinding } from './report-finding.ts'

export interface DiskUse {
  /** As the config writes it. */
  readonly name: string
  readonly pointer: string
}

/** Lists the disks that pools and the filesystem use, in order. */
export function usedDisks(config: MachineConfig): DiskUse[] {
  const inPools = config.pools.flatMap((pool, p) =>
    pool.vdevs.flatMap((vdev, v) =>
      vdev.disks.map((name, d) => ({ name, pointer: `/pools/${p}/vdevs/${v}/disks/${d}` })),
    ),
  )
  const inFilesystem = (config.filesystem?.disks ?? []).map((name, d) => ({
    name,
    pointer: `/filesystem/disks/${d}`,
  }))
  return [...inPools, ...inFilesystem]
}

/** Lists the disks that `wipe` names, in order. */
export function wipedDisks(config: MachineConfig): (DiskUse & { readonly mode: 'none' | 'quick' | 'secure' })[] {
  return config.wipes.flatMap((wipe, w) =>
    wipe.disks.map((name, d) => ({ name, pointer: `/wipes/${w}/disks/${d}`, mode: wipe.mode })),
  )
}

/** Checks that every disk is named legally and used once. */
export function checkDisksOnce(config: MachineConfig, report: ReportFinding): void {
  checkList(usedDisks(config), 'used', report)
  checkList(wipedDisks(config), 'wiped', report)
}

function checkList(disks: readonly DiskUse[], verb: 'used' | 'wiped', report: ReportFinding): void {
  const seen = new Set<string>()
  for (const { name, pointer } of disks) {
    if (name === '') continue
    const bare = name.replace(/^\/dev\/(?=[^/]+$)/u, '')
    if (seen.has(bare)) {
      report({
        code: 'disk-twice',
        message: `Disk ${shown(name)} is ${verb} twice.`,
        cure: verb === 'used' ? 'Name another disk here: a disk belongs to one vdev.' : 'Name it in one wipe only.',
        pointer,
      })
    }
    seen.add(bare)
    if (!parseDiskName(name)) reportIllegal(name, pointer, report)
  }
}

function reportIllegal(name: string, pointer: string, report: ReportFinding): void {
  const key = /^([a-z]+):/u.exec(name)?.[1]
  const hint =
    key === undefined
      ? ''
      : didYouMean(
          `${key}:`,
          selectorKeys.map((one) => `${one}:`),
        )
  report({
    code: 'disk-name-illegal',
    message: `${shown(name)} cannot name a disk.`,
    cure: `${hint}Write a device name (c5t0d0, vda), /dev/disk/by-id/…, a serial or WWN, or a selector: ${listWords(['serial:…', 'wwn:…', 'size:>=400G', 'rotational:no'], 'or')}.`,
    pointer,
  })
}
