import { silentLogger } from '@slipway/base'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { reportFirstBoot } from './report-first-boot.ts'
import { makeCertificates, serveAnswers } from './testing/tls-server.ts'

let right: ReturnType<typeof makeCertificates>
let folder = ''
let path = ''
let confirmed: string[] = []
let waits = 0
const closing: (() => Promise<void>)[] = []

beforeAll(() => {
  right = makeCertificates('slipway:instcomd/one')
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-report-'))
  path = join(folder, 'first-boot.json')
  confirmed = []
  waits = 0
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true })
})

async function server(answers: number[], certificates = right) {
  const made = await serveAnswers(certificates, answers)
  closing.push(made.close)
  return made
}

async function report(urls: string[], stopAfterWaits = 20): Promise<boolean> {
  const text = { installation_id: 'ins_1', urls, token: 'once', ca_pem: right.ca, boot_environment: 'be-1' }
  await writeFile(path, JSON.stringify(text))
  const stop = new AbortController()
  return reportFirstBoot({
    path,
    logger: silentLogger,
    signal: stop.signal,
    machine: {
      bootId: 'boot-7',
      addresses: () => ['10.0.2.15'].slice(0, waits),
      bootEnvironment: async (read) => read.boot_environment,
      confirm: async (name) => void confirmed.push(name),
    },
    wait: async () => {
      waits += 1
      if (waits >= stopAfterWaits) stop.abort(new Error('the test has seen enough'))
      stop.signal.throwIfAborted()
    },
  })
}

const gone = () =>
  stat(path).then(
    () => false,
    () => true,
  )

describe('the first-boot report', () => {
  test('is sent with the token, then the boot environment is confirmed and the token deleted', async () => {
    const { url, received } = await server([200])
    expect(await report([url])).toBe(true)
    expect(received).toEqual([
      {
        path: '/api/install/ins_1/booted',
        body: { token: 'once', boot_environment: 'be-1', boot_id: 'boot-7', addresses: [] },
      },
    ])
    expect(confirmed).toEqual(['be-1'])
    expect(await gone()).toBe(true)
  })

  test('is repeated while the server is not ready, and by every address', async () => {
    const { url, received } = await server([503, 429, 200])
    expect(await report(['https://127.0.0.1:1', url])).toBe(true)
    expect(received.map(({ body }) => body)).toMatchObject([{ addresses: [] }, { addresses: ['10.0.2.15'] }, {}])
    expect(waits).toBe(2)
  })

  test('a refusal ends it: nothing is confirmed and the token stays for a person to look at', async () => {
    const { url } = await server([403])
    await expect(report([url])).rejects.toMatchObject({ code: 'not-permitted' })
    expect(confirmed).toEqual([])
    expect(await gone()).toBe(false)
  })

  test('one refusing address among several is not the last word', async () => {
    const refusing = await server([403])
    const later = await server([503, 200])
    expect(await report([refusing.url, later.url])).toBe(true)
  })

  test.each([
    ['another CA', 'slipway:instcomd/one'],
    ['another name by the right CA', 'slipway:machine/one'],
  ])('a server with a certificate of %s never sees the token', async (what, uri) => {
    const wrong = makeCertificates(uri)
    const { url, received } = await server([200], wrong)
    const ca = right.ca
    if (what !== 'another CA') right = { ...right, ca: wrong.ca }
    try {
      await expect(report([url], 2)).rejects.toThrow('seen enough')
    } finally {
      right = { ...right, ca }
    }
    expect(received).toEqual([])
    expect(confirmed).toEqual([])
  })

  test('without a report there is nothing to do', async () => {
    const options = { path, logger: silentLogger, signal: new AbortController().signal }
    const machine = { bootId: 'x', addresses: () => [], bootEnvironment: async () => 'be', confirm: async () => {} }
    expect(await reportFirstBoot({ ...options, machine })).toBe(false)
    await writeFile(path, '{"token":1}')
    await expect(reportFirstBoot({ ...options, machine })).rejects.toMatchObject({ code: 'configuration-invalid' })
  })
})
