import { randomBytes } from 'node:crypto'
import type { DiscoveryRequest, DiscoveryResponse } from '@slipway/protocol'

/** Seconds over which machines spread their answers (machines.md, default of `mx`). */
export const spreadSeconds = 0.5

interface Round {
  readonly nonce: string
  readonly until: number
  /** Which boot proved to be a machine. */
  readonly boots: Map<string, string>
  answered: boolean
}

/** The questions that are still open: only an answer to one of them changes anything. Times in milliseconds. */
export class Rounds {
  readonly #lifetimeMs: number
  readonly #clientId: string
  #open: Round[] = []

  constructor(clientId: string, lifetimeMs: number) {
    this.#clientId = clientId
    this.#lifetimeMs = lifetimeMs
  }

  /** Opens a round and returns the request to send. */
  start(now: number): DiscoveryRequest & { nonce: string } {
    const nonce = randomBytes(16).toString('hex')
    this.#open.push({ nonce, until: now + this.#lifetimeMs, boots: new Map(), answered: false })
    const timestamp = new Date(now).toISOString()
    return { type: 'discovery_request', timestamp, client_id: this.#clientId, nonce, mx: spreadSeconds }
  }

  /** Takes rounds down that are over; returns for each whether anything answered. */
  close(now: number): boolean[] {
    const over = this.#open.filter((round) => round.until <= now)
    this.#open = this.#open.filter((round) => round.until > now)
    return over.map((round) => round.answered)
  }

  /** Tells whether an answer belongs to an open question; one that does not changes nothing. */
  admits(answer: DiscoveryResponse, now: number): boolean {
    const round = this.#roundOf(answer, now)
    if (round) round.answered = true
    return round !== undefined
  }

  /**
   * Notes which boot proved to be a machine in this round. Returns false when another boot already did: no machine
   * answers one question from two boots, so these are two machines.
   */
  prove(answer: DiscoveryResponse, now: number): boolean {
    const round = this.#roundOf(answer, now)
    if (!round || answer.boot_id === undefined) return true
    const first = round.boots.get(answer.machine_id) ?? answer.boot_id
    round.boots.set(answer.machine_id, first)
    return first === answer.boot_id
  }

  /** A peer that knows only the published fields echoes no nonce: its answer counts to the last question. */
  #roundOf(answer: DiscoveryResponse, now: number): Round | undefined {
    const open = this.#open.filter((round) => round.until > now)
    return answer.nonce === undefined ? open.at(-1) : open.find(({ nonce }) => nonce === answer.nonce)
  }
}
