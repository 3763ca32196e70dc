import { createHash, randomBytes } from 'node:crypto'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAcceptEncoding } from './accept-encoding.ts'
import { parseRange } from './byte-range.ts'
import { makeDistributionBench } from './testing/distribution-bench.ts'

const linux = 'binaries/linux/infiniservice'
const url = '/infiniservice/linux/binary'
const content = Buffer.concat([randomBytes(300_000), Buffer.alloc(300_000, 'agent')])

async function withBinary() {
  const bench = await makeDistributionBench()
  await bench.putBinary(linux, content)
  const get = (headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    bench.app.inject({ method, url, headers })
  return { ...bench, get }
}

describe('a binary', () => {
  it('comes with its length, name, type, a strong ETag and Vary', async () => {
    const { get } = await withBinary()
    const answer = await get()
    expect(answer.statusCode).toBe(200)
    expect(answer.rawPayload.equals(content)).toBe(true)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(content.length),
      'content-disposition': 'attachment; filename="infiniservice"',
      'accept-ranges': 'bytes',
      vary: 'Accept-Encoding',
      etag: `"${createHash('sha256').update(content).digest('hex').slice(0, 32)}"`,
    })
    expect(answer.headers['content-encoding']).toBeUndefined()
  })

  it('comes for Windows as infiniservice.exe, and for arm64 by ?arch=', async () => {
    const { app, put } = await makeDistributionBench()
    await put('binaries/windows/infiniservice.exe', 'MZ')
    await put('binaries/linux-arm64/infiniservice', 'arm')
    const windows = await app.inject('/infiniservice/windows/binary')
    expect(windows.headers['content-disposition']).toBe('attachment; filename="infiniservice.exe"')
    expect(windows.body).toBe('MZ')
    for (const word of ['arm64', 'aarch64']) expect((await app.inject(`${url}?arch=${word}`)).body).toBe('arm')
    expect((await app.inject(`${url}?arch=sparc`)).json()).toEqual({ error: 'Invalid arch. Must be "x64" or "arm64"' })
    expect((await app.inject(`${url}?arch=x64&arch=arm64`)).statusCode).toBe(400)
  })

  it('comes compressed when asked, each encoding with its own ETag', async () => {
    const { get } = await withBinary()
    const zstd = await get({ 'accept-encoding': 'gzip, zstd' })
    expect(zstd.headers['content-encoding']).toBe('zstd')
    expect(zstdDecompressSync(zstd.rawPayload).equals(content)).toBe(true)
    const gzip = await get({ 'accept-encoding': 'gzip;q=1, zstd;q=0.5' })
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzip.rawPayload).equals(content)).toBe(true)
    expect(gzip.headers['content-length']).toBe(String(gzip.rawPayload.length))
    const tags = new Set([zstd.headers.etag, gzip.headers.etag, (await get()).headers.etag])
    expect(tags.size).toBe(3)
  })

  it('comes as it is when the compressed file holds something else, is broken, or holds more', async () => {
    const { get, put } = await withBinary()
    for (const wrong of [
      gzipSync('an older agent'),
      Buffer.from('no gzip'),
      gzipSync(Buffer.concat([content, content])),
    ]) {
      await put(`${linux}.gz`, wrong)
      const answer = await get({ 'accept-encoding': 'gzip' })
      expect(answer.headers['content-encoding']).toBeUndefined()
      expect(answer.rawPayload.equals(content)).toBe(true)
    }
  })

  it('answers 304 to its ETag, weak or in a list, and 200 to another one', async () => {
    const { get } = await withBinary()
    const etag = String((await get()).headers.etag)
    for (const value of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await get({ 'if-none-match': value })
      expect(answer.statusCode).toBe(304)
      expect(answer.headers.etag).toBe(etag)
      expect(answer.body).toBe('')
    }
    expect((await get({ 'if-none-match': '"x"' })).statusCode).toBe(200)
    expect((await get({ 'if-none-match': etag, 'accept-encoding': 'gzip' })).statusCode).toBe(200)
  })

  it('answers HEAD with the headers of GET and no body, and ignores Range there', async () => {
    const { get } = await withBinary()
    const answer = await get({ range: 'bytes=0-1' }, 'HEAD')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-length']).toBe(String(content.length))
    expect(answer.headers.etag).toBe((await get()).headers.etag)
    expect(answer.body).toBe('')
  })

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=599990-', 599_990, 600_000],
    ['bytes=-5', 599_995, 600_000],
    ['bytes=599999-9999999', 599_999, 600_000],
  ])('answers 206 to %s', async (range, start, end) => {
    const { get } = await withBinary()
    const answer = await get({ range })
    expect(answer.statusCode).toBe(206)
    expect(answer.headers['content-range']).toBe(`bytes ${start}-${end - 1}/${content.length}`)
    expect(answer.headers['content-length']).toBe(String(end - start))
    expect(answer.rawPayload.equals(content.subarray(start, end))).toBe(true)
  })

  it.each(['bytes=600000-', 'bytes=700000-700001', 'bytes=-0'])('answers 416 to %s with the size', async (range) => {
    const { get } = await withBinary()
    const answer = await get({ range })
    expect(answer.statusCode).toBe(416)
    expect(answer.headers['content-range']).toBe('bytes */600000')
    expect(answer.json()).toEqual({ error: 'Range not satisfiable: the file has 600000 bytes' })
  })

  it.each(['bytes=5-1', 'bytes=0-1,4-5', 'lines=1-2', 'bytes=-', 'bytes=a-b'])('answers whole to %s', async (range) => {
    const { get } = await withBinary()
    expect((await get({ range })).statusCode).toBe(200)
  })

  it('goes on with a range only while If-Range names this version', async () => {
    const { get } = await withBinary()
    const etag = String((await get()).headers.etag)
    expect((await get({ range: 'bytes=0-9', 'if-range': etag })).statusCode).toBe(206)
    for (const old of ['"older"', `W/${etag}`, 'Sun, 22 Nov 2026 00:00:00 GMT'])
      expect((await get({ range: 'bytes=0-9', 'if-range': old })).statusCode).toBe(200)
  })

  it('is not reached through a link, and nothing outside of the folder is', async () => {
    const { app, folder, put } = await makeDistributionBench()
    await put('binaries/linux/other', 'secret')
    await symlink('/etc/passwd', join(folder, linux))
    expect((await app.inject(url)).statusCode).toBe(404)
    for (const platform of ['..%2f..', 'linux%2f..', '__proto__', 'constructor', 'Linux', '%00'])
      expect((await app.inject(`/infiniservice/${platform}/binary`)).statusCode).toBe(400)
  })
})

describe('negotiation', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['*', []],
    ['gzip', ['gzip']],
    ['x-gzip', ['gzip']],
    ['br, zstd', ['zstd']],
    ['gzip;q=0.8, zstd;q=0.2', ['gzip', 'zstd']],
    ['zstd;q=0, gzip;q=0.001', ['gzip']],
    ['identity, gzip;q=0.5', []],
    ['gzip;q=2', []],
  ])('reads Accept-Encoding %s', (header, wanted) => {
    expect(parseAcceptEncoding(header)).toEqual(wanted)
  })

  it('never reads a range outside of the file, whatever the header says', () => {
    const headers = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
    )
    fc.assert(
      fc.property(headers, fc.nat(5000), (header, size) => {
        const range = parseRange(header, size)
        if (range.kind !== 'part') return
        expect(range.start).toBeGreaterThanOrEqual(0)
        expect(range.end).toBeGreaterThan(range.start)
        expect(range.end).toBeLessThanOrEqual(size)
      }),
    )
  })
})
