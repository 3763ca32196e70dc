import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { isFault } from '@slipway/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LayoutEntry } from '../layout/layout-entry.ts'
import { describeTree } from '../testing/describe-tree.ts'
import { hostileTar, layerOf, makeRoot, tarOf, unpack } from '../testing/test-layer.ts'
import { makeEntryGate } from './entry-gate.ts'
import { LayerModel } from './layer-model.ts'
import type { LayerTarget } from './layer-target.ts'
import { defaultLayerLimits } from './limits.ts'
import { sanitizeTar } from './sanitize-tar.ts'

/** A target with nothing in it. */
const empty: LayerTarget = {
  lstat: () => Promise.resolve(null),
  readlink: () => Promise.resolve(''),
  readdir: () => Promise.resolve([]),
  remove: () => Promise.resolve(),
  extract: () => Promise.resolve(),
}

async function sanitize(tar: Buffer, chunkBytes: number): Promise<Buffer> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < tar.length; at += chunkBytes) yield Buffer.from(tar.subarray(at, at + chunkBytes))
  }
  const model = new LayerModel(empty, defaultLayerLimits)
  const gate = makeEntryGate(model, { allowDevices: true })
  const parts: Uint8Array[] = []
  // Copied at once: a part may be rewritten or reused after the next turn.
  for await (const part of sanitizeTar(chunks(), gate, defaultLayerLimits, () => {})) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'c', 'd.e', 'ü') },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-zä 'Ω]{90,120}$/) },
)
const owner = fc.oneof(fc.nat(70_000), fc.constant(2_097_152))
const attributes = fc.dictionary(fc.stringMatching(/^user\.[a-z]{1,5}$/), fc.uint8Array({ maxLength: 40 }), {
  maxKeys: 2,
})
const leaf = fc.oneof(
  fc.record({
    kind: fc.constant('file' as const),
    mode: fc.nat(0o777),
    uid: owner,
    gid: owner,
    mtime: fc.nat(1_700_000_000),
    xattrs: attributes,
    content: fc.uint8Array({ maxLength: 2000 }),
  }),
  fc.record({
    kind: fc.constant('symlink' as const),
    target: fc.oneof(fc.constantFrom('a', '../b', '/c', '/'), fc.stringMatching(/^[a-z/]{101,300}$/)),
  }),
)
type Branch = {
  name: string
  mode: number
  below: (Branch | (typeof leaf extends fc.Arbitrary<infer T> ? T & { name: string } : never))[]
}
const tree = fc.letrec<{ branch: Branch; item: Branch['below'][number] }>((tie) => ({
  branch: fc.record({
    name,
    mode: fc.nat(0o777),
    below: fc.uniqueArray(tie('item'), { maxLength: 4, selector: (item) => item.name }),
  }),
  item: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(name, leaf).map(([name, made]) => ({ name, ...made })),
    tie('branch'),
  ),
})).branch

function entriesOf(branch: Branch, above = ''): LayoutEntry[] {
  return branch.below.flatMap((item): LayoutEntry[] => {
    const path = `${above}${item.name}`
    if ('below' in item) return [{ kind: 'directory', path, mode: item.mode | 0o700 }, ...entriesOf(item, `${path}/`)]
    return [{ ...item, path }]
  })
}

describe('sanitizeTar', () => {
  it('leaves a canonical tar of any tree as it is, byte for byte, however it is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 5000 }), async (branch, chunkBytes) => {
        const tar = await tarOf(entriesOf(branch))
        expect((await sanitize(tar, chunkBytes)).equals(tar)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('unpacks any tree as plain tar does', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (branch) => {
        const tar = await tarOf(entriesOf(branch))
        const [plain, ours] = [await makeRoot(), await makeRoot()]
        try {
          execFileSync('tar', ['-xpPf', '-', '--numeric-owner', '-C', plain], { input: tar })
          await unpack(ours, layerOf(tar, 'gzip'), { chunkBytes: 600 })
          expect(describeTree(ours)).toEqual(describeTree(plain))
        } finally {
          await rm(plain, { recursive: true })
          await rm(ours, { recursive: true })
        }
      }),
      { numRuns: 25 },
    )
  })

  it('writes only relative paths without ".." from any hostile tar, or refuses it with its own fault', async () => {
    const part = fc.constantFrom('a', 'b', '..', '.', '', 'door', '.wh.a', '.wh..wh..opq', '.wh...')
    const hostilePath = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'))
    const entry = fc.record({
      path: hostilePath,
      type: fc.constantFrom('0', '1', '2', '3', '5', '6', 'g', 'L', 'x', 'S'),
      linkName: fc.oneof(hostilePath, fc.constantFrom('/', '/etc', '../../x')),
      body: fc.oneof(fc.constant(''), fc.string({ maxLength: 600 })),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 8 }),
        fc.integer({ min: 1, max: 2000 }),
        async (entries, chunkBytes) => {
          const clean = await sanitize(hostileTar(entries), chunkBytes).catch((error: unknown) => {
            expect(isFault(error, 'image-invalid') || isFault(error, 'layer-unsafe')).toBe(true)
            return null
          })
          if (clean === null) return
          const listed = execFileSync('tar', ['-tPf', '-'], { input: clean, encoding: 'utf8' })
            .split('\n')
            .filter(Boolean)
          for (const line of listed) expect(line).toMatch(/^(?!\/)(?!.*(^|\/)(\.\.(\/|$)|\.wh\.))/)
          // Sanitising is done once and for all.
          expect((await sanitize(clean, 777)).equals(clean)).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('throws nothing but its own faults on random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        await sanitize(Buffer.from(bytes), 512).catch((error: unknown) => {
          expect(isFault(error, 'image-invalid') || isFault(error, 'layer-unsafe')).toBe(true)
        })
      }),
    )
  })

  it('throws nothing but its own faults when any byte of a header is changed', async () => {
    const tar = await tarOf([
      { kind: 'file', path: 'x'.repeat(200), content: 'body', xattrs: { 'user.a': Buffer.from('v') } },
    ])
    await fc.assert(
      fc.asyncProperty(fc.nat(tar.length - 1), fc.nat(255), async (at, value) => {
        const copy = Buffer.from(tar)
        copy[at] = value
        await sanitize(copy, 512).catch((error: unknown) => {
          expect(isFault(error, 'image-invalid') || isFault(error, 'layer-unsafe')).toBe(true)
        })
      }),
      { numRuns: 300 },
    )
  })
})
