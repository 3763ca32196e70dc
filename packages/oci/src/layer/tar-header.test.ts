import { describe, expect, it } from 'vitest'
import { hostileTar, withChecksum } from '../testing/test-layer.ts'
import { parseTarHeader } from './tar-header.ts'

const header = (change: (block: Buffer) => void): Buffer => {
  const block = hostileTar([{ path: 'name' }]).subarray(0, 512)
  change(block)
  return withChecksum(block)
}

describe('parseTarHeader', () => {
  it('joins the ustar prefix to the name', () => {
    expect(parseTarHeader(header((block) => block.write('some/prefix', 345))).name).toBe('some/prefix/name')
  })

  it('does not take the prefix area of GNU headers for a prefix', () => {
    const block = header((one) => {
      one.write('ustar  \0', 257)
      one.write('14726745630', 345) // atime
    })
    expect(parseTarHeader(block).name).toBe('name')
  })

  it('stops at the shorter prefix of star', () => {
    const block = header((one) => {
      one.write('p'.repeat(140), 345)
      one.write('tar\0', 508)
    })
    expect(parseTarHeader(block).name).toBe(`${'p'.repeat(131)}/name`)
  })

  it('reads numbers in base 256, as GNU tar writes large ones', () => {
    const block = header((one) => Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0]).copy(one, 124))
    expect(parseTarHeader(block).size).toBe(2 ** 33)
  })

  it('reads a time before 1970', () => {
    const block = header((one) => Buffer.alloc(12, 0xff).copy(one, 136))
    expect(parseTarHeader(block).mtime).toBe(-1)
  })

  it.each<[string, (block: Buffer) => void]>([
    ['a negative size', (one) => Buffer.alloc(12, 0xff).copy(one, 124)],
    [
      'a size beyond what can be counted',
      (one) => Buffer.from([0x80, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).copy(one, 124),
    ],
    ['a size that is no number', (one) => one.write('12x4', 124)],
  ])('refuses %s', (_, change) => {
    expect(() => parseTarHeader(header(change))).toThrow('not a legal tar archive')
  })

  it('accepts a checksum that was made with signed bytes', () => {
    const block = header((one) => one.write('ü', 0))
    const signed = block.reduce(
      (sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte < 128 ? byte : byte - 256),
      0,
    )
    block.write(`${signed.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1')
    expect(parseTarHeader(block).name).toBe('üme')
  })
})
