import { join } from 'node:path'
import { Fault } from '@slipway/base'
import { writeDurably } from '../durable-file.ts'
import { makeOneAtATime } from '../one-at-a-time.ts'
import { readFence, type StoredFence } from './stored-fence.ts'

/** A claim as every changing call carries it. */
export interface ClaimRef {
  readonly claim_id: string
  readonly fence: number
}

interface Lease extends ClaimRef {
  readonly holder: string
  readonly ttlSeconds: number
  /** On the monotonic clock, milliseconds. */
  readonly expiresAt: number
}

/** Lease length where a call brings a higher fence before any Claim did (machined.claim_timeout's default). */
const defaultTtlSeconds = 300

/**
 * The machine's side of claims (machines.md, "Claims"): instcomd grants, this enforces.
 * INVARIANTS
 * - The highest fence ever seen is on disk before anything is done in its name.
 * - A lower fence never does anything; an equal one only with the claim_id that came with it.
 * - A higher fence always wins: only instcomd gives them out, to one holder at a time.
 * - Time is counted on the monotonic clock; a claim whose installation is not terminal does not expire.
 */
export class Claims {
  readonly #file: string
  readonly #now: () => number
  readonly #isBusy: () => boolean
  #stored: StoredFence
  #lease: Lease | null = null
  /** Between a fence's check and its flush no other call may pass. */
  readonly #inTurn = makeOneAtATime()

  private constructor(file: string, stored: StoredFence, now: () => number, isBusy: () => boolean) {
    this.#file = file
    this.#stored = stored
    this.#now = now
    this.#isBusy = isBusy
  }

  static async open(input: { dataDir: string; now: () => number; isBusy: () => boolean }): Promise<Claims> {
    const file = join(input.dataDir, 'fence.json')
    return new Claims(file, await readFence(file), input.now, input.isBusy)
  }

  get highestFence(): number {
    return this.#stored.highest_fence
  }

  get isClaimed(): boolean {
    return this.#lease !== null && !this.#hasExpired(this.#lease)
  }

  /** Takes the machine for a holder, or prolongs the same claim. */
  claim(claim: ClaimRef, holder: string, ttlSeconds: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#admitFence(claim)
      this.#lease = this.#makeLease(claim, holder, ttlSeconds)
    })
  }

  /** Prolongs a claim; a higher fence is a take-over by another instcomd instance. */
  renew(claim: ClaimRef, ttlSeconds: number): Promise<void> {
    return this.#inTurn(async () => {
      const lease = await this.#require(claim)
      this.#lease = this.#makeLease(claim, lease.holder, ttlSeconds)
    })
  }

  /** Gives the machine back. While an installation is not terminal only `force` does. */
  release(claim: ClaimRef, force: boolean): Promise<void> {
    return this.#inTurn(async () => {
      await this.#admitFence(claim)
      if (this.#isBusy() && !force) {
        throw new Fault('machine-busy', 'the installation on this machine has not ended; cancel it or release by force')
      }
      this.#lease = null
    })
  }

  /** Refuses a call whose claim is not the one in force; keeps a higher fence before anything is done in its name. */
  require(claim: ClaimRef): Promise<void> {
    return this.#inTurn(async () => {
      await this.#require(claim)
    })
  }

  async #require(claim: ClaimRef): Promise<Lease> {
    const isHigher = claim.fence > this.#stored.highest_fence
    await this.#admitFence(claim)
    if (isHigher) this.#lease = this.#makeLease(claim, this.#lease?.holder ?? 'instcomd', defaultTtlSeconds)
    const lease = this.#lease
    if (!lease || this.#hasExpired(lease)) {
      throw new Fault('claim-stale', 'the claim has ended on this machine; claim it again', {
        details: { claim_id: claim.claim_id, highest_fence: this.#stored.highest_fence },
      })
    }
    return lease
  }

  async #admitFence(claim: ClaimRef): Promise<void> {
    const highest = this.#stored.highest_fence
    if (claim.fence < highest) {
      const message = `fence ${claim.fence} is lower than ${highest}, which this machine has seen; somebody else holds it now`
      throw new Fault('fence-stale', message, { details: { fence: claim.fence, highest_fence: highest } })
    }
    if (claim.fence === highest && claim.claim_id !== this.#stored.claim_id) {
      const message = `fence ${claim.fence} belongs to another claim; claim the machine again`
      throw new Fault('claim-stale', message, { details: { fence: claim.fence, highest_fence: highest } })
    }
    if (claim.fence === highest) return
    const next = { highest_fence: claim.fence, claim_id: claim.claim_id }
    await writeDurably(this.#file, JSON.stringify(next))
    this.#stored = next
  }

  #makeLease(claim: ClaimRef, holder: string, ttlSeconds: number): Lease {
    return { ...claim, holder, ttlSeconds, expiresAt: this.#now() + ttlSeconds * 1000 }
  }

  #hasExpired(lease: Lease): boolean {
    return this.#now() >= lease.expiresAt && !this.#isBusy()
  }
}
