import type { Node } from '@bgotink/kdl'
import { vdevKinds, type PoolConfig, type VdevConfig, type VdevKind } from '@slipway/protocol'
import { entrySpan, headSpan, nameSpan, placeValue, pointerStep } from '../places.ts'
import { didYouMean } from '../suggestion.ts'
import { listWords, shown } from '../words.ts'
import type { ReadContext } from './context.ts'
import { readDisks } from './read-disks.ts'
import { booleanOf, stringOf } from './read-leaf.ts'
import { readNode } from './read-node.ts'
import { readValue } from './read-value.ts'
import { vdevAliases } from './vdev-aliases.ts'

export interface PoolReading {
  readonly pool: PoolConfig
  readonly rootWritten: boolean | undefined
  readonly pointer: string
}

/** Reads one pool. Which pool holds the system is decided by `chooseRoot`, once all are read. */
export function readPool(context: ReadContext, node: Node, pointer: string): PoolReading {
  const reading = readNode(context, node, 'pool', pointer)
  const name = reading.arguments[0]
  const root = reading.properties.get('root')
  const existing = reading.properties.get('existing')
  if (name) placeValue(context.places, `${pointer}/name`, name)
  if (root) placeValue(context.places, `${pointer}/root`, root)
  if (existing) placeValue(context.places, `${pointer}/existing`, existing)
  const options = reading.children('options')[0]
  return {
    pool: {
      name: stringOf(name) ?? '',
      root: false,
      existing: booleanOf(existing) ?? false,
      vdevs: reading.children('vdev').map((vdev, index) => readVdev(context, vdev, `${pointer}/vdevs/${index}`)),
      options: options ? readOptions(context, options, `${pointer}/options`) : {},
    },
    rootWritten: booleanOf(root),
    pointer,
  }
}

/** The first pool, or the one with root=#true, holds the system; none does beside a `filesystem`. */
export function chooseRoot(context: ReadContext, readings: readonly PoolReading[], filesystem: boolean): PoolConfig[] {
  const { report } = context.findings
  const written = readings.filter((one) => one.rootWritten === true)
  if (filesystem) {
    for (const one of written) {
      report({
        code: 'root-pool-with-filesystem',
        message: `Pool ${shown(one.pool.name)} says root=#true, but the \`filesystem\` holds the system.`,
        cure: 'Remove root=#true, or remove the filesystem.',
        pointer: `${one.pointer}/root`,
      })
    }
    return readings.map((one) => one.pool)
  }
  for (const one of written.slice(1)) {
    report({
      code: 'several-root-pools',
      message: `Pool ${shown(one.pool.name)} says root=#true, but so does pool ${shown(written[0]?.pool.name ?? '')}.`,
      cure: 'Leave root=#true at the one pool that holds the system.',
      pointer: `${one.pointer}/root`,
    })
  }
  const root = written[0] ?? readings[0]
  if (root && root.rootWritten === false) {
    report({
      code: 'no-root-pool',
      message: `No pool holds the system: pool ${shown(root.pool.name)} says root=#false and no other says root=#true.`,
      cure: 'Write root=#true at the pool that holds the system, or remove root=#false.',
      pointer: `${root.pointer}/root`,
    })
  }
  return readings.map((one) => ({ ...one.pool, root: one === root && one.rootWritten !== false }))
}

function readVdev(context: ReadContext, node: Node, pointer: string): VdevConfig {
  const reading = readNode(context, node, 'vdev', pointer)
  const word = reading.arguments[0]
  if (word) placeValue(context.places, `${pointer}/kind`, word)
  const disks = readDisks(context, reading.children('disks')[0], `${pointer}/disks`)
  const kind = readVdevKind(context, stringOf(word), `${pointer}/kind`)
  if (kind !== 'mirror' || disks.length !== 1) return { kind, disks }
  context.findings.report({
    code: 'mirror-of-one-disk',
    severity: 'warning',
    message: `A mirror of one disk (${shown(disks[0] ?? '')}) is read as a stripe: nothing is redundant.`,
    cure: 'Write vdev "stripe", or add a second disk.',
    pointer: `${pointer}/kind`,
  })
  return { kind: 'stripe', disks }
}

function readVdevKind(context: ReadContext, word: string | undefined, pointer: string): VdevKind {
  const kind = vdevKinds.find((one) => one === word)
  if (kind) return kind
  const alias = word !== undefined && Object.hasOwn(vdevAliases, word) ? vdevAliases[word] : undefined
  if (alias) return alias
  if (word !== undefined) {
    context.findings.report({
      code: 'vdev-kind-unknown',
      message: `There is no vdev kind ${shown(word)}.`,
      cure: `${didYouMean(word, [...vdevKinds, ...Object.keys(vdevAliases)])}Known: ${listWords(vdevKinds)}.`,
      pointer,
    })
  }
  // The kind that asks least of its disks, so that one mistake makes one finding.
  return 'stripe'
}

function readOptions(context: ReadContext, node: Node, pointer: string): PoolConfig['options'] {
  readNode(context, node, 'options', pointer)
  const options: PoolConfig['options'] = {}
  const seen = new Set<string>()
  for (const option of node.children?.nodes ?? []) {
    const name = option.getName()
    const at = `${pointer}${pointerStep(name)}`
    if (seen.has(name)) {
      context.findings.report({
        code: 'option-twice',
        message: `Option ${shown(name)} is set twice.`,
        cure: 'Keep the one that is meant.',
        pointer: at,
        span: headSpan(option),
      })
      continue
    }
    seen.add(name)
    const value = readOptionValue(context, option, at)
    // `__proto__` and its like would set the prototype instead of a key; no ZFS property has such a name.
    if (value !== undefined && !(name in Object.prototype)) options[name] = value
    else if (value !== undefined) reportUnusable(context, option, pointer)
  }
  return options
}

function readOptionValue(context: ReadContext, option: Node, pointer: string): string | number | boolean | undefined {
  const name = option.getName()
  const { report } = context.findings
  const example = `${/^[a-z_]+$/u.test(name) ? name : 'compression'} "zstd"`
  const [first, ...more] = option.entries
  context.places.nodes.set(pointer, option)
  context.places.names.set(pointer, nameSpan(option))
  context.places.values.set(pointer, headSpan(option))
  if (!first || first.isProperty()) {
    const message = `Option ${shown(name)} has no value.`
    report({ code: 'missing-argument', message, cure: `Write it like: ${example}`, pointer })
    return undefined
  }
  if (more[0] || option.children) {
    const message = `Option ${shown(name)} takes one value.`
    const span = more[0] && entrySpan(more[0])
    report({ code: 'surplus-argument', message, cure: 'Keep the value that is meant.', pointer, span })
  }
  const value = readValue(context, first, { type: 'any', what: `Option ${shown(name)}`, example, pointer })
  if (value) placeValue(context.places, pointer, value)
  return value?.value
}

function reportUnusable(context: ReadContext, option: Node, pointer: string): void {
  context.findings.report({
    code: 'option-unknown',
    message: `There is no ZFS property ${shown(option.getName())}.`,
    cure: 'Remove it.',
    pointer,
    span: nameSpan(option),
  })
}
