import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { isFault } from '@slipway/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LayoutEntry } from '../layout/layout-entry.ts'
import { listTree } from '../testing/describe-tree.ts'
import { makeMemoryTarget, type MemoryEntry } from '../testing/memory-target.ts'
import { layerOf, makeRoot, tarOf, unpack } from '../testing/test-layer.ts'

const somewhere = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
const entry: fc.Arbitrary<LayoutEntry> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('file' as const), path: somewhere, content: fc.constantFrom('x', 'y') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('directory' as const), path: somewhere }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('symlink' as const),
      path: somewhere,
      target: fc.constantFrom('b', '../c', '/a/b', 'a'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hardlink' as const), path: somewhere, target: somewhere }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('whiteout' as const), path: somewhere }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('opaque' as const), path: fc.oneof(somewhere, fc.constant('')) }),
  },
)
const layers = fc.array(fc.array(entry, { maxLength: 8 }), { minLength: 1, maxLength: 3 })

/** Unpacks with a tar that is never behind; null when the layers are refused. */
async function eagerly(all: LayoutEntry[][]): Promise<string[] | null> {
  const tree = new Map<string, MemoryEntry>()
  for (const entries of all) {
    try {
      await unpack('', layerOf(await tarOf(entries)), { target: makeMemoryTarget(tree), chunkBytes: 512 })
    } catch (error) {
      if (isFault(error, 'image-invalid') || isFault(error, 'layer-unsafe')) return null
      throw error
    }
  }
  return [...tree].map(([name, { kind, content }]) => `${name} ${kind} ${content}`).toSorted()
}

/** Unpacks with GNU tar, which gets a whole layer at once and is behind. */
async function really(root: string, all: LayoutEntry[][]): Promise<string[] | null> {
  for (const entries of all) {
    try {
      await unpack(root, layerOf(await tarOf(entries)), { chunkBytes: 1 << 20 })
    } catch (error) {
      if (isFault(error)) return null
      throw error
    }
  }
  const describe = (name: string): string => {
    const full = path.join(root, name)
    const found = lstatSync(full)
    if (found.isSymbolicLink()) return `${name} symlink ${readlinkSync(full)}`
    return found.isDirectory() ? `${name} directory ` : `${name} file ${readFileSync(full, 'utf8')}`
  }
  return listTree(root).map(describe).toSorted()
}

/** What the image specification says of layers without links: hidden is what lower layers have, in whatever order. */
function expected(all: LayoutEntry[][]): string[] {
  let tree = new Map<string, string>()
  for (const entries of all) {
    const isBelow = (name: string, top: string): boolean => top === '' || name.startsWith(`${top}/`)
    for (const one of entries) {
      const hides = (name: string): boolean =>
        one.kind === 'opaque'
          ? isBelow(name, one.path)
          : one.kind === 'whiteout' && (name === one.path || isBelow(name, one.path))
      const replaces = (name: string): boolean => one.kind === 'file' && isBelow(name, one.path)
      tree = new Map([...tree].filter(([name]) => !hides(name) && !replaces(name)))
    }
    for (const one of entries) {
      if (one.kind !== 'file' && one.kind !== 'directory') continue
      const parts = one.path.split('/')
      for (let depth = 1; depth < parts.length; depth += 1) tree.set(parts.slice(0, depth).join('/'), 'directory ')
      tree.set(one.path, one.kind === 'file' && typeof one.content === 'string' ? `file ${one.content}` : 'directory ')
    }
  }
  return [...tree].map(([name, what]) => `${name} ${what}`).toSorted()
}

describe('a layer', () => {
  it('comes out as the specification says, with a tar that is never behind', async () => {
    let compared = 0
    const plain = layers.map((all) =>
      all.map((entries) => entries.filter(({ kind }) => kind !== 'symlink' && kind !== 'hardlink')),
    )
    await fc.assert(
      fc.asyncProperty(plain, async (all) => {
        const made = await eagerly(all)
        if (made === null) return
        compared += 1
        expect(made).toEqual(expected(all))
      }),
      { numRuns: 400 },
    )
    expect(compared).toBeGreaterThan(100)
  })

  it('comes out the same with a real tar that is behind', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(layers, async (all) => {
        const root = await makeRoot()
        try {
          const made = await eagerly(all)
          expect(await really(root, all)).toEqual(made)
          if (made !== null) compared += 1
        } finally {
          await rm(root, { recursive: true })
        }
      }),
      { numRuns: 100 },
    )
    expect(compared).toBeGreaterThan(20)
  })
})
