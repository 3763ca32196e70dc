import { execFileSync } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import zlib from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeTree, listTree } from '../testing/describe-tree.ts'
import { makeGnuTarTarget } from '../testing/gnu-tar-target.ts'
import { describeBlob, hostileTar, layerOf, makeRoot, tarOf, unpack } from '../testing/test-layer.ts'
import type { Compression } from '../media-types.ts'
import type { LayerTarget } from './layer-target.ts'

let root = ''
beforeEach(async () => void (root = await makeRoot()))
afterEach(() => rm(root, { recursive: true, force: true }))

const sample = hostileTar([
  { path: 'a/', type: '5', mode: 0o750 },
  { path: 'a/file', body: 'x'.repeat(5000) },
  { path: 'last', body: 'end' },
])

describe('applyLayer', () => {
  it.each<Compression>(['gzip', 'zstd', 'none'])('unpacks a %s layer in chunks of any size', async (compression) => {
    const made = layerOf(sample, compression)
    for (const chunkBytes of [513, 4096, 1 << 20]) {
      const done = await unpack(root, made, { chunkBytes })
      expect(done).toMatchObject({ entries: 3, diff_id: made.layer.diff_id })
      expect(listTree(root)).toEqual(['a', 'a/file', 'last'])
    }
  })

  it.runIf(process.getuid?.() === 0)('keeps modes, owners, times, links and extended attributes', async () => {
    const entries = await tarOf([
      { kind: 'directory', path: 'd', mode: 0o1777, uid: 7, gid: 8 },
      { kind: 'file', path: 'd/setuid', content: 'x', mode: 0o4755, uid: 3_000_000, gid: 2, mtime: 1_000_000_000 },
      { kind: 'hardlink', path: 'd/same', target: 'd/setuid' },
      { kind: 'symlink', path: 'd/link', target: '../elsewhere', uid: 9 },
      { kind: 'file', path: 'attributes', content: '', xattrs: { 'user.slipway': Buffer.from([0, 10, 61, 255]) } },
    ])
    await unpack(root, layerOf(entries, 'gzip'))
    expect(describeTree(root)).toEqual([
      expect.stringMatching(/^attributes\tfile\t100644 0:0/),
      'd\tdirectory\t41777 7:8',
      'd/link\tsymlink\t9:0\t../elsewhere',
      expect.stringMatching(/^d\/same\tfile\t104755 3000000:2\t1\t1000000000\t/),
      'd/setuid\tlink\td/same',
    ])
    const archive = execFileSync('tar', ['-C', root, '--xattrs', '-cf', '-', 'attributes'])
    const at = archive.indexOf('SCHILY.xattr.user.slipway=')
    expect([...archive.subarray(at + 26, at + 30)]).toEqual([0, 10, 61, 255])
  })

  it('reads the long names of GNU tar and of pax as the system tar writes them', async () => {
    const source = await makeRoot()
    try {
      const long = `${'directory-name/'.repeat(12)}${'ü'.repeat(60)}`
      execFileSync(
        'sh',
        ['-c', 'mkdir -p "$(dirname "$1")" && echo x > "$1" && ln "$1" hard && ln -s "$1" soft', 'sh', long],
        { cwd: source },
      )
      for (const format of ['gnu', 'pax', 'posix', 'oldgnu']) {
        const tar = execFileSync('tar', ['-C', source, `--format=${format}`, '-cf', '-', '.'], { maxBuffer: 1 << 26 })
        await rm(root, { recursive: true })
        root = await makeRoot()
        await unpack(root, layerOf(tar), { chunkBytes: 700 })
        const timeless = (lines: string[]): string[] =>
          lines.map((line) => line.replace(/\t[\d.]+\t([0-9a-f]{12})$/, '\t$1'))
        expect(timeless(describeTree(root))).toEqual(timeless(describeTree(source)))
      }
    } finally {
      await rm(source, { recursive: true })
    }
  })
})

describe('applyLayer refuses', () => {
  it('a blob that is not what its digest says, however whole it looks', async () => {
    const good = layerOf(sample, 'gzip')
    const other = zlib.gzipSync(sample, { level: 1 })
    await expect(unpack(root, { blob: other, layer: good.layer })).rejects.toMatchObject({
      code: 'image-digest-mismatch',
    })
  })

  it('a damaged blob as damaged, not as a bad image', async () => {
    const good = layerOf(sample, 'gzip')
    const blob = Buffer.from(good.blob)
    blob.fill(0x55, 20, 30)
    await expect(unpack(root, { blob, layer: good.layer })).rejects.toMatchObject({ code: 'image-digest-mismatch' })
  })

  it('contents with another diffID', async () => {
    const good = layerOf(sample, 'zstd')
    const layer = { ...good.layer, diff_id: `sha256:${'0'.repeat(64)}` }
    await expect(unpack(root, { blob: good.blob, layer })).rejects.toMatchObject({
      code: 'image-digest-mismatch',
      details: { expected: layer.diff_id, actual: good.layer.diff_id },
    })
  })

  it.each([100, 600, 700, 1500, 2000])('a tar that ends after %i bytes', async (length) => {
    const tar = sample.subarray(0, length)
    await expect(unpack(root, layerOf(tar))).rejects.toMatchObject({ code: 'image-invalid' })
  })

  it.each<[string, Parameters<typeof hostileTar>[0]]>([
    ['a sparse file', [{ path: 'x', type: 'S' }]],
    ['an unknown type', [{ path: 'x', type: 'Q' }]],
    ['a hard link to nothing', [{ path: 'x', type: '1', linkName: 'nothing' }]],
    [
      'a hard link to a directory',
      [
        { path: 'd/', type: '5' },
        { path: 'x', type: '1', linkName: 'd' },
      ],
    ],
    ['a symbolic link to nothing', [{ path: 'x', type: '2', linkName: '' }]],
    ['a file as a parent', [{ path: 'x' }, { path: 'x/y' }]],
    ['a file where it has a directory', [{ path: 'x/y' }, { path: 'x' }]],
    ['a directory where it has a file', [{ path: 'x' }, { path: 'x/', type: '5' }]],
    ['a pax header with a wrong length', [{ path: 'p', type: 'x', body: '99 path=x\n' }, { path: 'x' }]],
    ['a pax header without an entry', [{ path: 'p', type: 'x', body: '10 path=x\n' }]],
    ['a pax header for a sparse file', [{ path: 'p', type: 'x', body: '22 GNU.sparse.major=1\n' }, { path: 'x' }]],
    [
      'two pax headers in a row',
      [{ path: 'p', type: 'x', body: '10 path=x\n' }, { path: 'p', type: 'x', body: '10 path=y\n' }, { path: 'x' }],
    ],
  ])('%s', async (_, entries) => {
    await expect(unpack(root, layerOf(hostileTar(entries)))).rejects.toMatchObject({ code: 'image-invalid' })
  })

  it('a header with a wrong checksum', async () => {
    const tar = Buffer.from(sample)
    tar[0] = 0x62
    await expect(unpack(root, layerOf(tar))).rejects.toMatchObject({ code: 'image-invalid' })
  })

  it.each<[string, Record<string, number>]>([
    ['more entries than allowed', { maxEntries: 2 }],
    ['more bytes than allowed', { maxUnpackedBytes: 4000 }],
    ['a higher compression ratio than allowed', { maxRatio: 3, ratioFreeBytes: 1000 }],
    ['a longer path than allowed', { maxPathBytes: 5 }],
  ])('%s', async (_, limits) => {
    await expect(unpack(root, layerOf(sample, 'gzip'), { limits })).rejects.toMatchObject({ code: 'image-invalid' })
  })

  it('an extended header that would fill the memory', async () => {
    const tar = hostileTar([{ path: 'p', type: 'L', size: 5_000_000_000 }])
    await expect(unpack(root, layerOf(tar))).rejects.toMatchObject({
      code: 'image-invalid',
      details: { limit: 1024 ** 2 },
    })
  })

  it('to call a layer applied that the target did not read to its end', async () => {
    const lazy: LayerTarget = {
      ...makeGnuTarTarget(root),
      async extract(tar) {
        for await (const _ of tar) break
      },
    }
    await expect(unpack(root, layerOf(sample), { target: lazy })).rejects.toMatchObject({ code: 'internal' })
  })

  it('to go on when the target fails, with the words of the target', async () => {
    const full: LayerTarget = {
      ...makeGnuTarTarget(root),
      async extract() {
        throw new Error('no space left')
      },
    }
    await expect(unpack(root, layerOf(sample), { target: full })).rejects.toThrow('no space left')
  })

  it('to go on when it is cancelled', async () => {
    const stop = new AbortController()
    const cancelling: LayerTarget = {
      ...makeGnuTarTarget(root),
      async extract(tar, signal) {
        for await (const _ of tar) {
          stop.abort(new Error('cancelled'))
          signal.throwIfAborted()
        }
      },
    }
    await expect(unpack(root, layerOf(sample), { target: cancelling, signal: stop.signal })).rejects.toThrow(
      'cancelled',
    )
  })
})

describe('applyLayer after data that follows the archive', () => {
  it('ignores bytes after the end of the tar, which count for the diffID', async () => {
    const tar = Buffer.concat([sample, Buffer.alloc(10240), Buffer.from('trailing')])
    await unpack(root, layerOf(tar, 'gzip'))
    expect(await readFile(path.join(root, 'last'), 'utf8')).toBe('end')
  })

  it('accepts a tar without the closing zero blocks, as Go writes and reads them', async () => {
    await unpack(root, layerOf(sample.subarray(0, -1024)))
    expect(listTree(root)).toContain('last')
  })

  it('verifies bytes after the end of gzip', async () => {
    const blob = Buffer.concat([zlib.gzipSync(sample), Buffer.alloc(512)])
    await unpack(root, { blob, layer: describeBlob(blob, sample, 'gzip') })
    expect(listTree(root)).toContain('last')
  })
})
