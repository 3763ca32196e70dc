import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { codeOf } from '../testing/code-of.ts'
import { Claims, type ClaimRef } from './claims.ts'

let dataDir = ''
let now = 0
let busy = false

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-claims-'))
  now = 0
  busy = false
})

const open = () => Claims.open({ dataDir, now: () => now, isBusy: () => busy })
const a1: ClaimRef = { claim_id: 'a', fence: 1 }

describe('claims on the machine', () => {
  it.each([
    ['a higher fence wins', { claim_id: 'b', fence: 6 }, 'ok'],
    ['the same claim is prolonged', { claim_id: 'a', fence: 5 }, 'ok'],
    ['a lower fence is refused', { claim_id: 'a', fence: 4 }, 'fence-stale'],
    ['an equal fence with another claim is refused', { claim_id: 'b', fence: 5 }, 'claim-stale'],
  ])('%s', async (_name, claim, expected) => {
    const claims = await open()
    await claims.claim({ claim_id: 'a', fence: 5 }, 'alice', 300)
    expect(await codeOf(claims.claim(claim, 'bob', 300))).toBe(expected)
    expect(await codeOf(claims.require(claim))).toBe(expected)
  })

  it('of two claimants with one fence exactly one gets the machine', async () => {
    const claims = await open()
    const results = await Promise.all(
      ['a', 'b', 'c'].map((id) => codeOf(claims.claim({ claim_id: id, fence: 1 }, id, 300))),
    )
    expect(results).toEqual(['ok', 'claim-stale', 'claim-stale'])
  })

  it('ends after its time on the monotonic clock, and is asked for again then', async () => {
    const claims = await open()
    await claims.claim(a1, 'alice', 300)
    now = 299_999
    expect(claims.isClaimed).toBe(true)
    expect(await codeOf(claims.require(a1))).toBe('ok')
    now = 300_000
    expect(claims.isClaimed).toBe(false)
    expect(await codeOf(claims.require(a1))).toBe('claim-stale')
    expect(await codeOf(claims.renew(a1, 300))).toBe('claim-stale')
  })

  it('is prolonged by renewal from the time of renewal', async () => {
    const claims = await open()
    await claims.claim(a1, 'alice', 300)
    now = 200_000
    await claims.renew(a1, 300)
    now = 499_000
    expect(await codeOf(claims.require(a1))).toBe('ok')
  })

  it('does not end while its installation is not terminal; only force ends it', async () => {
    const claims = await open()
    await claims.claim(a1, 'alice', 300)
    busy = true
    now = 10_000_000
    expect(claims.isClaimed).toBe(true)
    expect(await codeOf(claims.release(a1, false))).toBe('machine-busy')
    expect(claims.isClaimed).toBe(true)
    expect(await codeOf(claims.release(a1, true))).toBe('ok')
    expect(claims.isClaimed).toBe(false)
  })

  it('keeps the highest fence and its claim over a restart', async () => {
    const before = await open()
    await before.claim({ claim_id: 'a', fence: 7 }, 'alice', 300)
    const after = await open()
    expect(after.highestFence).toBe(7)
    expect(await codeOf(after.claim({ claim_id: 'b', fence: 7 }, 'bob', 300))).toBe('claim-stale')
    expect(await codeOf(after.claim({ claim_id: 'b', fence: 6 }, 'bob', 300))).toBe('fence-stale')
    expect(await codeOf(after.require({ claim_id: 'a', fence: 7 }))).toBe('claim-stale')
    expect(await codeOf(after.claim({ claim_id: 'a', fence: 7 }, 'alice', 300))).toBe('ok')
  })

  it('has the fence on disk before the call that brought it returns', async () => {
    const claims = await open()
    await claims.require({ claim_id: 'z', fence: 12 })
    expect(JSON.parse(await readFile(join(dataDir, 'fence.json'), 'utf8'))).toEqual({
      highest_fence: 12,
      claim_id: 'z',
    })
  })

  it('does not start from nothing when the stored fence is damaged', async () => {
    await writeFile(join(dataDir, 'fence.json'), '{"highest_fence":')
    await expect(open()).rejects.toThrow(/damaged/)
  })

  it('the highest fence never falls, whatever is asked', async () => {
    const call = fc.record({
      kind: fc.constantFrom('claim', 'renew', 'release', 'require'),
      claim: fc.record({ claim_id: fc.constantFrom('a', 'b'), fence: fc.integer({ min: 0, max: 6 }) }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 12 }), async (calls) => {
        dataDir = await mkdtemp(join(tmpdir(), 'slipway-claims-'))
        const claims = await open()
        for (const { kind, claim } of calls) {
          const before = claims.highestFence
          const work = {
            claim: () => claims.claim(claim, 'x', 300),
            renew: () => claims.renew(claim, 300),
            release: () => claims.release(claim, false),
            require: () => claims.require(claim),
          }[kind as 'claim'] // the generator makes only these keys
          const result = await codeOf(work())
          expect(claims.highestFence).toBeGreaterThanOrEqual(before)
          if (claim.fence < before) expect(result).toBe('fence-stale')
        }
      }),
      { numRuns: 30 },
    )
  })
})
