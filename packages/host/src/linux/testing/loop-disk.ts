import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { diskIdentity, type DiskRef } from '@slipway/protocol'

/** A real block device over a file, for tests that run as root; `remove` takes both away. */
export interface LoopDisk {
  readonly node: string
  readonly ref: DiskRef
  remove(): void
}

export const bytesOfLoopDisk = 256 * 1024 * 1024

/** Attaches a sparse file as a loop device. Throws when there is no free one. */
export function makeLoopDisk(): LoopDisk {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-loop-'))
  const file = join(folder, 'disk')
  writeFileSync(file, '')
  truncateSync(file, bytesOfLoopDisk)
  const node = execFileSync('losetup', ['--find', '--show', '--partscan', file], { encoding: 'utf8' }).trim()
  const name = basename(node)
  const names = { wwn: null, serial: null, model: null, bytes: bytesOfLoopDisk, by_path: null, name }
  return {
    node,
    ref: { identity: diskIdentity(names).id, serial: null, device: name, bytes: bytesOfLoopDisk },
    remove() {
      execFileSync('losetup', ['--detach', node])
      rmSync(folder, { recursive: true })
    },
  }
}

/** Why tests that need block devices do not run here; null when they do. */
export function whyNoLoopDisks(): string | null {
  if (process.platform !== 'linux') return 'loop devices need Linux'
  return process.getuid?.() === 0 ? null : 'loop devices need root'
}
