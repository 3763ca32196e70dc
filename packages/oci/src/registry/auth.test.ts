import { isFault } from '@slipway/base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseReference } from '../reference.ts'
import { sampleImage, sendError, startTestRegistry, type TestRegistry } from '../testing/test-registry.ts'
import { makeRegistryClient, type RegistryClient } from './client.ts'
import { parseChallenges } from './challenge.ts'

const platform = { os: 'linux', architecture: 'amd64' }
const basic = `Basic ${Buffer.from('ann:s3cret').toString('base64')}`
let registry: TestRegistry
let other: TestRegistry
let image: Awaited<ReturnType<typeof sampleImage>>
let client: RegistryClient

beforeEach(async () => {
  image = await sampleImage('team/app')
  registry = await startTestRegistry(image.content)
  other = await startTestRegistry()
  client = clientWith({ username: 'ann', password: 's3cret' })
})
afterEach(async () => {
  client.close()
  await registry.close()
  await other.close()
})

function clientWith(credentials: { username?: string; password?: string }): RegistryClient {
  return makeRegistryClient({
    retry: { firstMs: 1, capMs: 1, tries: 2 },
    registries: { [registry.host]: { mirrors: [], insecure: true, ...credentials } },
  })
}
const resolve = (): Promise<unknown> =>
  client.resolve(parseReference(`oci://${registry.host}/team/app`), platform, AbortSignal.timeout(10_000))
async function pullLayer(): Promise<number> {
  let size = 0
  const { digest, bytes } = image.layer.layer
  const blob = client.openBlob(
    parseReference(`oci://${registry.host}/team/app`),
    { digest, size: bytes },
    { signal: AbortSignal.timeout(10_000) },
  )
  for await (const part of blob) size += part.length
  return size
}
const wantsBasic: TestRegistry['before'] = (request, response) => {
  if (request.url === '/v2/' || request.headers.authorization === basic) return false
  response.setHeader('www-authenticate', 'Basic realm="registry"')
  sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
  return true
}

describe('Basic authentication', () => {
  it('answers the challenge and is not asked again', async () => {
    registry.before = wantsBasic
    await resolve()
    expect(await pullLayer()).toBe(image.layer.blob.length)
    const sent = registry.asked.filter(({ path }) => path !== '/v2/').map(({ authorization }) => authorization)
    expect(sent).toEqual([undefined, basic, basic, basic])
  })

  it('with wrong credentials is refused with the registry words and without the password', async () => {
    registry.before = wantsBasic
    client.close()
    client = clientWith({ username: 'ann', password: 'wrong-pass' })
    await expect(resolve()).rejects.toSatisfy((error) => {
      if (!isFault(error, 'registry-refused')) return false
      const text = JSON.stringify(error.details) + error.message
      return (
        text.includes('authentication required') &&
        !text.includes('wrong-pass') &&
        text.includes('check username and password')
      )
    })
  })

  it('without credentials says what to set', async () => {
    registry.before = wantsBasic
    client.close()
    client = clientWith({})
    await expect(resolve()).rejects.toThrow('set username and password_file')
  })
})

describe('Bearer authentication', () => {
  let tokens = 0
  let expiresIn = 300
  const challenge = (): string =>
    `Bearer realm="http://${other.host}/token",service="registry.test",scope="repository:team/app:pull"`
  beforeEach(() => {
    tokens = 0
    expiresIn = 300
    registry.before = (request, response) => {
      if (request.url === '/v2/' || request.headers.authorization === `Bearer token-${tokens}`) return false
      response.setHeader('www-authenticate', challenge())
      sendError(response, 401, 'UNAUTHORIZED', 'authentication required')
      return true
    }
    other.before = (request, response) => {
      if (request.url?.startsWith('/token') !== true) return false
      tokens += 1
      response.end(JSON.stringify({ token: `token-${tokens}`, expires_in: expiresIn }))
      return true
    }
  })

  it('fetches one token for a repository and keeps it', async () => {
    await resolve()
    await pullLayer()
    expect(tokens).toBe(1)
    const asked = other.asked.find(({ path }) => path.startsWith('/token'))
    expect(new URL(asked?.path ?? '', 'http://x').searchParams.toString()).toBe(
      'service=registry.test&scope=repository%3Ateam%2Fapp%3Apull&account=ann',
    )
    expect(asked?.authorization).toBe(basic)
  })

  it('is anonymous without credentials', async () => {
    client.close()
    client = clientWith({})
    await resolve()
    expect(other.asked.find(({ path }) => path.startsWith('/token'))?.authorization).toBeUndefined()
  })

  it('fetches another when the first has expired', async () => {
    expiresIn = 1 // within the margin, so never used twice
    await resolve()
    expect(tokens).toBe(2) // manifest, configuration
  })

  it('fetches another when the registry no longer takes it', async () => {
    await resolve()
    tokens += 1 // the registry now wants a later one
    await pullLayer()
    expect(tokens).toBe(3)
  })

  it('passes the refusal of the token service on', async () => {
    other.before = (_, response) => {
      sendError(response, 401, 'DENIED', 'incorrect username or password')
      return true
    }
    await expect(resolve()).rejects.toMatchObject({
      code: 'registry-refused',
      details: { registry_message: 'incorrect username or password' },
    })
  })

  it.each(['ftp://x/token', 'not a url', ''])('refuses the realm "%s"', async (realm) => {
    registry.before = (request, response) => {
      if (request.url === '/v2/') return false
      response.setHeader('www-authenticate', `Bearer realm="${realm}"`)
      sendError(response, 401, 'UNAUTHORIZED', 'no')
      return true
    }
    await expect(resolve()).rejects.toMatchObject({ code: expect.stringMatching(/registry-(refused|unreachable)/) })
  })

  it('refuses a token that would break the header', async () => {
    other.before = (_, response) => {
      response.end(JSON.stringify({ token: 'a\r\nx: y' }))
      return true
    }
    await expect(resolve()).rejects.toMatchObject({ code: 'registry-refused' })
  })
})

describe('a redirect', () => {
  it('to another origin gets no credentials', async () => {
    other.content.set('/elsewhere', { type: 'x', bytes: image.layer.blob })
    registry.before = (request, response) => {
      if (wantsBasic(request, response)) return true
      if (request.url !== image.blobPath) return false
      response.writeHead(307, { location: `http://${other.host}/elsewhere` }).end()
      return true
    }
    expect(await pullLayer()).toBe(image.layer.blob.length)
    expect(other.asked.map(({ authorization }) => authorization)).toEqual([undefined])
    expect(registry.asked.some(({ authorization }) => authorization === basic)).toBe(true)
  })

  it('to another origin that asks for a password gets none', async () => {
    registry.before = (request, response) => {
      if (request.url !== image.blobPath) return false
      response.writeHead(307, { location: `http://${other.host}/elsewhere` }).end()
      return true
    }
    other.before = wantsBasic
    await expect(pullLayer()).rejects.toMatchObject({ code: 'registry-refused' })
    expect(other.asked.every(({ authorization }) => authorization === undefined)).toBe(true)
  })

  it('to another origin that names a token service gives it no password', async () => {
    registry.before = (request, response) => {
      if (request.url !== image.blobPath) return false
      response.writeHead(307, { location: `http://${other.host}/elsewhere` }).end()
      return true
    }
    other.before = (_, response) => {
      response.setHeader('www-authenticate', `Bearer realm="http://${other.host}/token"`)
      sendError(response, 401, 'UNAUTHORIZED', 'give me your password')
      return true
    }
    await expect(pullLayer()).rejects.toMatchObject({ code: 'registry-refused' })
    expect(other.asked.map(({ path, authorization }) => [path, authorization])).toEqual([['/elsewhere', undefined]])
  })

  it('within the registry keeps them', async () => {
    registry.content.set('/moved', { type: 'x', bytes: image.layer.blob })
    registry.before = (request, response) => {
      if (wantsBasic(request, response)) return true
      if (request.url !== image.blobPath) return false
      response.writeHead(302, { location: '/moved' }).end()
      return true
    }
    expect(await pullLayer()).toBe(image.layer.blob.length)
    expect(registry.asked.at(-1)).toMatchObject({ path: '/moved', authorization: basic })
  })

  it('that never ends is given up', async () => {
    registry.before = (request, response) => {
      if (request.url === '/v2/') return false
      response.writeHead(302, { location: '/again' }).end()
      return true
    }
    await expect(pullLayer()).rejects.toThrow('redirects more than 5 times')
  })
})

describe('parseChallenges', () => {
  it.each<[string, ReturnType<typeof parseChallenges>]>([
    ['Basic realm="x"', [{ scheme: 'basic', parameters: { realm: 'x' } }]],
    [
      'BEARER Realm=x , service = "a \\"b\\"",scope="p:q,r"',
      [{ scheme: 'bearer', parameters: { realm: 'x', service: 'a "b"', scope: 'p:q,r' } }],
    ],
    [
      'Bearer realm="x", Basic realm="y"',
      [
        { scheme: 'bearer', parameters: { realm: 'x' } },
        { scheme: 'basic', parameters: { realm: 'y' } },
      ],
    ],
    ['', []],
    ['=, "', []],
  ])('reads %s', (header, expected) => {
    expect(parseChallenges(header)).toEqual(expected)
  })
})
