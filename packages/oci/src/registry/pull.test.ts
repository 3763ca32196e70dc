import { createHash } from 'node:crypto'
import { isFault, type Fault } from '@slipway/base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseReference, type ImageReference } from '../reference.ts'
import { sampleImage, sendError, startTestRegistry, type TestRegistry } from '../testing/test-registry.ts'
import type { RetryEvent } from './attempts.ts'
import { makeRegistryClient, type RegistryClient } from './client.ts'
import type { RegistryOptions } from './options.ts'

/** Incompressible and large enough that a cut falls between many chunks. */
const file = Buffer.concat(Array.from({ length: 40_000 }, (_, i) => createHash('sha256').update(`${i}`).digest()))
const platform = { os: 'linux', architecture: 'amd64' }
const retry = { firstMs: 1, capMs: 5, tries: 5 }

let registry: TestRegistry
let image: Awaited<ReturnType<typeof sampleImage>>
let clients: RegistryClient[] = []

beforeEach(async () => {
  image = await sampleImage('demo', { file })
  registry = await startTestRegistry(image.content)
})
afterEach(async () => {
  for (const client of clients) client.close()
  clients = []
  await registry.close()
})

function clientOf(more: { registries?: Record<string, RegistryOptions>; idleTimeoutMs?: number } = {}): RegistryClient {
  const client = makeRegistryClient({ retry, ...more })
  clients.push(client)
  return client
}

const ref = (): ImageReference => parseReference(`oci://${registry.host}/demo`)
const signal = (): AbortSignal => AbortSignal.timeout(20_000)

async function pull(client: RegistryClient): Promise<{ bytes: Buffer; wire: number; events: RetryEvent[] }> {
  const parts: Uint8Array[] = []
  const events: RetryEvent[] = []
  let wire = 0
  const descriptor = { digest: image.layer.layer.digest, size: image.layer.blob.length }
  const blob = client.openBlob(ref(), descriptor, {
    signal: signal(),
    onProgress: (_, fromWire) => void (wire = fromWire),
    onRetry: (event) => events.push(event),
  })
  for await (const part of blob) parts.push(part)
  return { bytes: Buffer.concat(parts), wire, events }
}

/** Sends `bytes` of the blob from `start` and cuts the connection. */
function cutAfter(bytes: number): TestRegistry['before'] {
  return (request, response) => {
    if (!request.url?.includes('/blobs/') || request.url !== image.blobPath) return false
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const { blob } = image.layer
    const head = start === 0 ? {} : { 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` }
    response.writeHead(start === 0 ? 200 : 206, { 'content-length': blob.length - start, ...head })
    response.write(blob.subarray(start, start + bytes), () => response.destroy())
    return true
  }
}

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error: unknown = await work.then(
    () => null,
    (cause: unknown) => cause,
  )
  if (!isFault(error)) throw new Error(`expected a Fault, got ${String(error)}`)
  return error
}

describe('openBlob', () => {
  it('streams a blob with its count', async () => {
    const { bytes, wire } = await pull(clientOf())
    expect(bytes.equals(image.layer.blob)).toBe(true)
    expect(wire).toBe(bytes.length)
  })

  it('goes on with Range where a connection was cut, fetching no byte twice', async () => {
    const cut = cutAfter(300_000)
    let cuts = 0
    registry.before = (request, response) =>
      request.url === image.blobPath && (cuts += 1) <= 3 && cut(request, response)
    const { bytes, wire, events } = await pull(clientOf())
    expect(bytes.equals(image.layer.blob)).toBe(true)
    expect(wire).toBe(bytes.length)
    expect(events).toHaveLength(3)
    const ranges = registry.asked.filter(({ path }) => path === image.blobPath).map(({ range }) => range)
    expect(ranges).toEqual([undefined, 'bytes=300000-', 'bytes=600000-', 'bytes=900000-'])
  })

  it('skips what it has when the server ignores Range, and counts it', async () => {
    const cut = cutAfter(300_000)
    registry.before = (request, response) => {
      if (request.url !== image.blobPath) return false
      if (request.headers.range === undefined) return cut(request, response)
      response.writeHead(200).end(image.layer.blob)
      return true
    }
    const { bytes, wire } = await pull(clientOf())
    expect(bytes.equals(image.layer.blob)).toBe(true)
    expect(wire).toBe(bytes.length + 300_000)
  })

  it('gives up after five tries without progress and tells each', async () => {
    registry.before = (request, response) => {
      if (request.url !== image.blobPath) return false
      response.destroy()
      return true
    }
    const fault = await faultOf(pull(clientOf()))
    expect(fault.code).toBe('registry-unreachable')
    expect(fault.details['attempts']).toHaveLength(5)
    expect(fault.details['tried']).toEqual([
      { stage: 'route', ok: true, detail: expect.anything() },
      { stage: 'dns', ok: true, detail: expect.anything() },
      { stage: 'tcp', ok: true, detail: expect.anything() },
      { stage: 'http', ok: true, detail: expect.anything() },
    ])
  })

  it('cuts a silent connection and goes on', async () => {
    let silences = 0
    registry.before = (request, response) => {
      if (request.url !== image.blobPath || (silences += 1) > 1) return false
      response.writeHead(200, { 'content-length': image.layer.blob.length }).write(image.layer.blob.subarray(0, 1000))
      return true // and never a byte more
    }
    const { bytes, events } = await pull(clientOf({ idleTimeoutMs: 100 }))
    expect(bytes.equals(image.layer.blob)).toBe(true)
    expect(events[0]?.message).toContain('no byte came for 100 ms')
  })

  it('does not take a slow reader for a silent server', async () => {
    const client = clientOf({ idleTimeoutMs: 60 })
    const events: RetryEvent[] = []
    const descriptor = { digest: image.layer.layer.digest, size: image.layer.blob.length }
    let first = true
    let size = 0
    for await (const part of client.openBlob(ref(), descriptor, {
      signal: signal(),
      onRetry: (event) => events.push(event),
    })) {
      size += part.length
      // The time itself is what is tested: twice the deadline passes before the next read.
      if (first) await new Promise((resolve) => setTimeout(resolve, 120))
      first = false
    }
    expect(size).toBe(descriptor.size)
    expect(events).toEqual([])
  })

  it('refuses a blob with another digest, and a longer one', async () => {
    for (const bad of [
      Buffer.from(image.layer.blob).fill(0, 99, 110),
      Buffer.concat([image.layer.blob, Buffer.from('more')]),
    ]) {
      registry.content.set(image.blobPath, { type: 'application/octet-stream', bytes: bad })
      expect((await faultOf(pull(clientOf()))).code).toBe('image-digest-mismatch')
    }
  })

  it('tries again when the server ends early without an error', async () => {
    let asked = 0
    registry.before = (request, response) => {
      if (request.url !== image.blobPath || (asked += 1) > 1) return false
      response.writeHead(200).end(image.layer.blob.subarray(0, 5000)) // chunked: a legal end
      return true
    }
    const { bytes, events } = await pull(clientOf())
    expect(bytes.equals(image.layer.blob)).toBe(true)
    expect(events[0]?.message).toContain('ended the blob at byte 5000')
  })

  it('stops at once when it is cancelled', async () => {
    const stop = new AbortController()
    const descriptor = { digest: image.layer.layer.digest, size: image.layer.blob.length }
    const read = async (): Promise<void> => {
      for await (const _ of clientOf().openBlob(ref(), descriptor, { signal: stop.signal }))
        stop.abort(new Error('enough'))
    }
    await expect(read()).rejects.toThrow('enough')
  })
})

describe('a mirror', () => {
  let mirror: TestRegistry
  beforeEach(async () => void (mirror = await startTestRegistry(new Map(image.content))))
  afterEach(() => mirror.close())
  const withMirror = (): RegistryClient =>
    clientOf({ registries: { [registry.host]: { mirrors: [mirror.host], insecure: true } } })

  it('is not asked while the registry answers', async () => {
    await pull(withMirror())
    expect(mirror.asked).toEqual([])
  })

  it('goes on with Range where the registry broke off for good', async () => {
    const cut = cutAfter(400_000)
    let asked = 0
    registry.before = (request, response) => {
      if (request.url === '/v2/') return false
      if ((asked += 1) === 1) return cut(request, response)
      response.destroy()
      return true
    }
    const { bytes, wire, events } = await pull(withMirror())
    expect(bytes.equals(image.layer.blob)).toBe(true)
    expect(wire).toBe(bytes.length)
    expect(mirror.asked.at(-1)?.range).toBe('bytes=400000-')
    expect(events).toHaveLength(5)
  })

  it('serves the manifest when the registry is gone', async () => {
    await registry.close()
    const resolved = await withMirror().resolve(ref(), platform, signal())
    expect(resolved.digest).toBe(image.digest)
  })

  it('is tried next time when the registry sent damaged bytes', async () => {
    mirror.content.set(image.blobPath, { type: 'x', bytes: image.layer.blob })
    registry.content.set(image.blobPath, {
      type: 'x',
      bytes: Buffer.alloc(image.layer.blob.length),
    })
    const client = withMirror()
    expect((await faultOf(pull(client))).code).toBe('image-digest-mismatch')
    expect((await pull(client)).bytes.equals(image.layer.blob)).toBe(true)
  })

  it('leaves the word to the registry when it fails too', async () => {
    registry.content.clear()
    await mirror.close()
    const fault = await faultOf(withMirror().resolve(ref(), platform, signal()))
    expect(fault.code).toBe('image-not-found')
    expect(fault.details['registry_message']).toBe('manifest unknown')
    expect(fault.details['attempts']).toHaveLength(6)
  })
})

describe('an error of the registry', () => {
  it.each([
    [404, 'image-not-found', 1],
    [403, 'registry-refused', 1],
    [400, 'registry-refused', 1],
    [429, 'registry-unreachable', 5],
    [503, 'registry-unreachable', 5],
  ])('%i becomes %s after %i tries, with its own words', async (status, code, tries) => {
    registry.before = (request, response) => {
      if (request.url === '/v2/') return false
      sendError(response, status, 'SOME_CODE', 'the words of the registry')
      return true
    }
    const fault = await faultOf(clientOf().resolve(ref(), platform, signal()))
    expect(fault).toMatchObject({ code, details: { status, registry_message: 'the words of the registry' } })
    expect(fault.message).toContain('the words of the registry')
    expect(registry.asked.filter(({ path }) => path !== '/v2/')).toHaveLength(tries)
  })

  it('does not repeat a page of HTML', async () => {
    registry.before = (request, response) => {
      if (request.url === '/v2/') return false
      response.writeHead(404, { 'content-type': 'text/html' }).end(`<html>${'x'.repeat(1_000_000)}`)
      return true
    }
    const fault = await faultOf(clientOf().resolve(ref(), platform, signal()))
    expect(fault).toMatchObject({ code: 'image-not-found', details: { registry_message: null } })
  })

  it('says where it stopped when nothing listens', async () => {
    await registry.close()
    const fault = await faultOf(clientOf().resolve(ref(), platform, signal()))
    expect(fault.code).toBe('registry-unreachable')
    expect(fault.details['tried']).toEqual([
      { stage: 'route', ok: true, detail: 'to 127.0.0.1 from 127.0.0.1' },
      { stage: 'dns', ok: true, detail: '127.0.0.1 is 127.0.0.1' },
      { stage: 'tcp', ok: false, detail: expect.stringContaining('ECONNREFUSED') },
    ])
  })
})
