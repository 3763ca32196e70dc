import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startFileServer, type FileServer } from '../testing/file-server.ts'
import { download } from './download.ts'

const content = randomBytes(300_000)
let folder: string
let file: string
let server: FileServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'download-'))
  file = join(folder, 'part')
  server = await startFileServer(content)
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const fetchIt = (more: { url?: string; maxBytes?: number; signal?: AbortSignal } = {}) =>
  download({
    url: server.url,
    file,
    caPem: null,
    signal: new AbortController().signal,
    wait: () => Promise.resolve(),
    ...more,
  })

/** What breaks off too early leaves nothing to go on from. */
async function moreIsOnDisk(firstByte: number): Promise<void> {
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  await vi.waitFor(() => expect(size()).toBeGreaterThan(firstByte), { timeout: 20_000, interval: 5 })
}

describe('a download', () => {
  it('goes on where it broke off', async () => {
    server.breakOff(2, moreIsOnDisk)
    await fetchIt()
    expect(readFileSync(file).equals(content)).toBe(true)
    expect(server.ranges).toHaveLength(3)
    expect(server.ranges[1]).toMatch(/^bytes=\d+-$/)
  })

  it('takes a finished file as it is', async () => {
    writeFileSync(file, content)
    await fetchIt()
    expect(readFileSync(file).equals(content)).toBe(true)
  })

  it('begins anew when what lies there is longer than the file', async () => {
    writeFileSync(file, Buffer.concat([content, content]))
    await fetchIt()
    expect(readFileSync(file).equals(content)).toBe(true)
  })

  it('begins anew at a server without ranges', async () => {
    const plain = await startFileServer(content, { ranges: false })
    plain.breakOff(1)
    await fetchIt({ url: plain.url })
    expect(readFileSync(file).equals(content)).toBe(true)
    await plain.close()
  })

  it('follows a redirection', async () => {
    await fetchIt({ url: server.url.replace('/file', '/moved') })
    expect(readFileSync(file).equals(content)).toBe(true)
  })

  it('keeps nothing of what is too large', async () => {
    await expect(fetchIt({ maxBytes: 1000 })).rejects.toThrow(/larger than 1000/)
    expect(existsSync(file)).toBe(false)
  })

  it('fails at once where trying again cannot help', async () => {
    await expect(fetchIt({ url: server.url.replace('/file', '/none') })).rejects.toMatchObject({ code: 'not-found' })
    await expect(fetchIt({ url: 'file:///etc/passwd' })).rejects.toMatchObject({ code: 'invalid-request' })
    expect(server.ranges).toHaveLength(1)
  })

  it('gives up after six tries, and keeps what it has', async () => {
    server.breakOff(100)
    await expect(fetchIt()).rejects.toMatchObject({ code: 'unavailable' })
    expect(server.ranges).toHaveLength(6)
    expect(readFileSync(file).length).toBeGreaterThan(0)
  })

  it('ends with its signal', async () => {
    await expect(fetchIt({ signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(/stop|abort/i)
  })
})
