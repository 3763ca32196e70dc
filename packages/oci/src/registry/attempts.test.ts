import { Fault, isFault, silentLogger } from '@slipway/base'
import { describe, expect, it } from 'vitest'
import { makeFakeClock } from '../testing/fake-clock.ts'
import { Attempts, trySources, type RetryEvent } from './attempts.ts'
import { documentRetry, layerRetry, type RetryPolicy } from './retry-policy.ts'
import { makeSource, type Source } from './source.ts'

const { signal } = new AbortController()
const source = (name: string): Source => makeSource(name, {}, { userAgent: 'test', idleTimeoutMs: 1000 })
const registry = source('registry.example.com')
const mirror = source('mirror.example.com')
const gone = () => new Fault('registry-unreachable', 'connection refused')

/** Asks sources that answer from a moment on, in milliseconds after the first failure. */
async function ask(sources: Source[], retry: RetryPolicy, options: { random?: number; backAt?: number } = {}) {
  const clock = makeFakeClock(options.random)
  const start = clock.now()
  const events: RetryEvent[] = []
  const policy = { retry, clock, logger: silentLogger, signal, onRetry: (event: RetryEvent) => events.push(event) }
  const asked: string[] = []
  const result = await trySources(sources, policy, async ({ name }) => {
    asked.push(name)
    if (clock.now() - start < (options.backAt ?? Infinity)) throw gone()
    return name
  }).catch((error: unknown) => error)
  return { result, events, asked, waits: clock.waits, ms: clock.now() - start }
}

describe('a layer whose registry is away', () => {
  it.each([0, 0.3, 0.7, 0.999999])('is waited for through 40 s, whatever the jitter (%f)', async (random) => {
    const { result, asked } = await ask([registry], layerRetry, { random, backAt: 40_000 })
    expect(result).toBe('registry.example.com')
    expect(asked.length).toBeLessThan(50)
  })

  it('is given up within a minute, with every try told', async () => {
    const { result, events, ms } = await ask([registry], layerRetry, { random: 0.999999 })
    expect(isFault(result, 'registry-unreachable')).toBe(true)
    expect(ms).toBe(45_000)
    expect(events.map(({ attempt }) => attempt)).toEqual(events.map((_, index) => index + 1))
    expect(events.at(-1)?.delay_ms).toBe(null)
    expect((result as Fault).details['attempts']).toEqual(events)
  })

  it('waits twice as long after every try, up to the end of the time', async () => {
    const { waits } = await ask([registry], layerRetry)
    expect(waits).toEqual([999, 1999, 3999, 7999, 15_999, 14_005])
  })

  it('is asked for from a mirror after five tries', async () => {
    const { asked, ms } = await ask([registry, mirror], layerRetry)
    expect(asked.filter((name) => name === 'registry.example.com')).toHaveLength(5)
    expect(asked.indexOf('mirror.example.com')).toBe(5)
    expect(ms).toBe(45_000)
  })

  it('has its time again after progress', async () => {
    const clock = makeFakeClock()
    const attempts = new Attempts([registry], { retry: layerRetry, clock, logger: silentLogger, signal })
    for (let tries = 0; tries < 6; tries += 1) await attempts.failed(gone())
    attempts.progressed()
    for (let tries = 0; tries < 6; tries += 1) await attempts.failed(gone())
    await expect(attempts.failed(gone())).rejects.toMatchObject({ code: 'registry-unreachable' })
  })

  it('is not waited for once the installation is cancelled', async () => {
    const stop = new AbortController()
    const clock = makeFakeClock()
    const attempts = new Attempts([registry], { retry: layerRetry, clock, logger: silentLogger, signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(attempts.failed(gone())).rejects.toThrow('enough')
    expect(clock.waits).toEqual([])
  })
})

it('a document that somebody waits for is given up after five tries', async () => {
  const { asked, ms } = await ask([registry], documentRetry)
  expect(asked).toHaveLength(5)
  expect(ms).toBeLessThan(4000)
})
