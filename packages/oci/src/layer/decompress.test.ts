import zlib from 'node:zlib'
import { isFault } from '@slipway/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Compression } from '../media-types.ts'
import { decompress } from './decompress.ts'

const skippable = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from('extra')])
const emptySkippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
const checksummed = (text: string): Buffer =>
  zlib.zstdCompressSync(text, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } })

async function read(kind: Compression, blob: Buffer, chunkBytes: number): Promise<string> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < blob.length; at += chunkBytes) yield blob.subarray(at, at + chunkBytes)
  }
  const parts: Uint8Array[] = []
  for await (const part of decompress(kind, chunks())) parts.push(part)
  return Buffer.concat(parts).toString()
}

describe('decompress', () => {
  const text = 'layer '.repeat(5000)
  it.each<[string, Compression, Buffer, string]>([
    ['plain data', 'none', Buffer.from(text), text],
    ['gzip', 'gzip', zlib.gzipSync(text), text],
    [
      'several gzip members',
      'gzip',
      Buffer.concat([zlib.gzipSync(text), zlib.gzipSync(''), zlib.gzipSync('end')]),
      `${text}end`,
    ],
    ['zstd', 'zstd', zlib.zstdCompressSync(text), text],
    ['zstd with a checksum', 'zstd', checksummed(text), text],
    [
      'several zstd frames',
      'zstd',
      Buffer.concat([zlib.zstdCompressSync(text), checksummed('and '), zlib.zstdCompressSync('end')]),
      `${text}and end`,
    ],
    [
      'empty zstd frames',
      'zstd',
      Buffer.concat([zlib.zstdCompressSync(''), zlib.zstdCompressSync('end'), checksummed('')]),
      'end',
    ],
    [
      'skippable zstd frames',
      'zstd',
      Buffer.concat([
        emptySkippable,
        skippable,
        zlib.zstdCompressSync('a'),
        skippable,
        zlib.zstdCompressSync('b'),
        skippable,
      ]),
      'ab',
    ],
    ['long runs of one byte', 'zstd', zlib.zstdCompressSync('x'.repeat(400_000)), 'x'.repeat(400_000)],
  ])('reads %s in chunks of any size', async (_, kind, blob, expected) => {
    for (const chunkBytes of [1, 2, 3, 7, 1000, 1 << 20]) {
      if (blob.length / chunkBytes > 20_000) continue
      expect(await read(kind, blob, chunkBytes)).toBe(expected)
    }
  })

  it('reads random zstd frames as the data that they were made of', async () => {
    const frame = fc.record({
      data: fc.uint8Array({ maxLength: 3000 }),
      checksum: fc.boolean(),
      skip: fc.boolean(),
      level: fc.integer({ min: -5, max: 19 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(frame, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4000 }),
        async (frames, chunkBytes) => {
          const blob = Buffer.concat(
            frames.flatMap(({ data, checksum, skip, level }) => {
              const params = {
                [zlib.constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0,
                [zlib.constants.ZSTD_c_compressionLevel]: level,
              }
              return [...(skip ? [skippable] : []), zlib.zstdCompressSync(data, { params })]
            }),
          )
          const expected = Buffer.concat(frames.map(({ data }) => data)).toString()
          expect(await read('zstd', blob, chunkBytes)).toBe(expected)
        },
      ),
      { numRuns: 60 },
    )
  })

  it.each<[string, Compression, Buffer]>([
    ['truncated gzip', 'gzip', zlib.gzipSync(text).subarray(0, 60)],
    [
      'a truncated second gzip member',
      'gzip',
      Buffer.concat([zlib.gzipSync(text), zlib.gzipSync(text).subarray(0, 40)]),
    ],
    ['no gzip at all', 'gzip', Buffer.from('not gzip')],
    ['gzip with a wrong checksum', 'gzip', flipped(zlib.gzipSync(text), -6)],
    ['truncated zstd', 'zstd', zlib.zstdCompressSync(text).subarray(0, 12)],
    [
      'a truncated second zstd frame',
      'zstd',
      Buffer.concat([zlib.zstdCompressSync(text), zlib.zstdCompressSync(text).subarray(0, 12)]),
    ],
    ['zstd ending in a magic number', 'zstd', Buffer.concat([zlib.zstdCompressSync(text), Buffer.from([0x28, 0xb5])])],
    ['no zstd at all', 'zstd', Buffer.from('not zstd')],
    ['zstd with a wrong checksum', 'zstd', flipped(checksummed(text), -1)],
    ['garbage after zstd', 'zstd', Buffer.concat([zlib.zstdCompressSync(text), Buffer.from('garbage')])],
  ])('refuses %s', async (_, kind, blob) => {
    for (const chunkBytes of [1, 1000]) {
      await expect(read(kind, blob, chunkBytes)).rejects.toSatisfy((error) => isFault(error, 'image-invalid'))
    }
  })
})

function flipped(blob: Buffer, at: number): Buffer {
  const copy = Buffer.from(blob)
  const index = copy.length + at
  copy[index] = (copy[index] ?? 0) ^ 0xff
  return copy
}
