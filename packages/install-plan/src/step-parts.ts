import type { Disk, Step, Undo } from '@slipway/protocol'
import { describeContents } from './describe-contents.ts'

type Destroys = Step['destroys'][number]

/** The undo of a step that changes nothing which outlives the undo of the steps before it. */
export const nothingToUndo: Undo = { kind: 'nothing-to-undo' }

/** The undo of a step that can be taken back; the title says by what. */
export function inverse(title: string): Undo {
  return { kind: 'inverse', title }
}

/** Marks a step that cannot be taken back. */
export function irreversible(why: string): Undo {
  return { kind: 'none', why }
}

/** What a step loses for good, for the person who confirms the plan. */
export function lost(disk: Disk): Destroys {
  return { serial: disk.serial, device: disk.name, bytes: disk.bytes, contents: describeContents(disk) }
}
