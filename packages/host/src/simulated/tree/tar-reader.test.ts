import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, linkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TarEntry, TarReader } from './tar-reader.ts'

let root = ''
const long = `${'directory/'.repeat(15)}${'ü'.repeat(60)}`
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-tar-'))
  mkdirSync(join(root, long, '..'), { recursive: true })
  writeFileSync(join(root, long), 'long name')
  writeFileSync(join(root, 'a'), 'x'.repeat(5000), { mode: 0o640 })
  writeFileSync(join(root, 'empty'), '')
  symlinkSync(`../${'t'.repeat(120)}`, join(root, 'link'))
  linkSync(join(root, 'a'), join(root, 'b'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function tarOf(format: string): Buffer {
  // GNU tar 1.34 (Debian 12) in the formats that images are made of.
  return execFileSync('tar', ['-C', root, `--format=${format}`, '--sort=name', '-cf', '-', '.'])
}

function readAll(tar: Buffer, chunkBytes: number): TarEntry[] {
  const entries: TarEntry[] = []
  const reader = new TarReader((entry) => entries.push(entry))
  for (let at = 0; at < tar.length; at += chunkBytes) reader.write(tar.subarray(at, at + chunkBytes))
  reader.end()
  return entries
}

describe('the tar reader', () => {
  it.each(['gnu', 'pax'])('reads what GNU tar writes as %s, in chunks of any size', (format) => {
    const tar = tarOf(format)
    const whole = readAll(tar, tar.length)
    expect(whole.find((entry) => entry.path === './a')).toMatchObject({
      mode: 0o640,
      size: 5000,
      crc: crc32('x'.repeat(5000)),
    })
    expect(whole.find((entry) => entry.path === './b')).toMatchObject({ type: '1', link: './a', size: 0 })
    expect(whole.find((entry) => entry.path === './link')).toMatchObject({ type: '2', link: `../${'t'.repeat(120)}` })
    expect(whole.find((entry) => entry.path === `./${long}`)).toMatchObject({ size: 9, crc: crc32('long name') })
    for (const chunkBytes of [1, 511, 512, 513, 1000]) expect(readAll(tar, chunkBytes)).toEqual(whole)
  })

  it('refuses a header with a wrong checksum and an end inside an entry', () => {
    const tar = tarOf('gnu')
    const damaged = Buffer.from(tar)
    damaged[0] = 0x2f
    expect(() => readAll(damaged, 4096)).toThrow(expect.objectContaining({ code: 'image-invalid' }))
    const inContent = readAll(tar, tar.length).findIndex(({ path }) => path === './a') >= 0 ? 512 + 100 : 0
    expect(() => readAll(tar.subarray(0, tar.indexOf('xxxx') + inContent), 4096)).toThrow(
      expect.objectContaining({ code: 'image-invalid' }),
    )
  })
})
