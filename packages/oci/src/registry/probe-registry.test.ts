import { describe, expect, it } from 'vitest'
import { probeRegistry } from './probe-registry.ts'

const signal = (): AbortSignal => AbortSignal.timeout(20_000)

describe('the way to a registry', () => {
  it('stops at the route where the kernel has none', async () => {
    // A link-local address means nothing without its link (RFC 4007): no machine has a route to it.
    const stages = await probeRegistry('[fe80::1]:5000', {}, signal())
    expect(stages).toEqual([{ stage: 'route', ok: false, detail: expect.stringMatching(/fe80::1|E[A-Z]+/) }])
  })

  it('stops at a name that nobody knows, or before it where no name server can be reached', async () => {
    const name = `${'x'.repeat(64)}.invalid` // too long for a label: refused without asking anybody
    const stages = await probeRegistry(name, {}, signal())
    expect(stages.map(({ ok }) => ok)).toEqual(stages.map((_, index) => index < stages.length - 1))
    expect(['route', 'dns']).toContain(stages.at(-1)?.stage)
  })

  it('ends with its signal', async () => {
    await expect(probeRegistry('127.0.0.1:9', {}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })
})
