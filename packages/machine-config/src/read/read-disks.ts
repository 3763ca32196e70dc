import type { Node } from '@bgotink/kdl'
import type { MachineConfig } from '@slipway/protocol'
import { didYouMean } from '../suggestion.ts'
import { shown } from '../words.ts'
import type { ReadContext } from './context.ts'
import { stringOf } from './read-leaf.ts'
import { readNode } from './read-node.ts'
import { placeValue } from '../places.ts'

/** Reads a list of disks as the text names them. */
export function readDisks(context: ReadContext, node: Node | undefined, pointer: string): string[] {
  if (!node) return []
  const values = readNode(context, node, 'disks', pointer).arguments
  return values.map((value, index) => {
    placeValue(context.places, `${pointer}/${index}`, value)
    return stringOf(value) ?? ''
  })
}

/** Reads `filesystem "ext4" { disks "vda" }`. */
export function readFilesystem(
  context: ReadContext,
  node: Node,
  pointer: string,
): NonNullable<MachineConfig['filesystem']> {
  const reading = readNode(context, node, 'filesystem', pointer)
  const kind = reading.arguments[0]
  if (kind) placeValue(context.places, `${pointer}/kind`, kind)
  if (kind && kind.value !== 'ext4') {
    context.findings.report({
      code: 'filesystem-kind-unknown',
      message: `A system cannot be put on the filesystem ${shown(String(kind.value))}.`,
      cure: 'Write filesystem "ext4", or use a pool for ZFS.',
      pointer: `${pointer}/kind`,
    })
  }
  return { kind: 'ext4', disks: readDisks(context, reading.children('disks')[0], `${pointer}/disks`) }
}

const wipeModes = ['none', 'quick', 'secure'] as const

/** Reads `wipe "quick" { disks "c5t0d0" }`; an unknown mode is read as `none`, which loses nothing. */
export function readWipe(context: ReadContext, node: Node, pointer: string): MachineConfig['wipes'][number] {
  const reading = readNode(context, node, 'wipe', pointer)
  const word = reading.arguments[0]
  if (word) placeValue(context.places, `${pointer}/mode`, word)
  const mode = wipeModes.find((one) => one === word?.value)
  if (word && !mode) {
    context.findings.report({
      code: 'wipe-mode-unknown',
      message: `There is no wipe mode ${shown(String(word.value))}.`,
      cure: `${didYouMean(String(word.value), wipeModes)}Known: none, quick (labels and partition table) and secure (the whole disk).`,
      pointer: `${pointer}/mode`,
    })
  }
  return { mode: mode ?? 'none', disks: readDisks(context, reading.children('disks')[0], `${pointer}/disks`) }
}
