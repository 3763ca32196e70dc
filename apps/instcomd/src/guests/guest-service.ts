import { randomUUID } from 'node:crypto'
import { Fault } from '@slipway/base'
import { safeActions } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import type { Transaction } from '../database/database.ts'
import type { ReleasedAgent } from '../distribution/agent-release.ts'
import { agentTokens } from './agent-tokens.ts'
import { guestsChannel } from './link-keeper.ts'
import type { GuestRequests } from './guest-requests.ts'
import { makeGuestSecret, openSecrets, sealSecrets } from './guest-secrets.ts'
import { guestStore, type GuestRow } from './guest-store.ts'
import { sessionStore } from './session-store.ts'

/** Secrets that were handed out and that an agent may still hold. */
const mostSecrets = 4

/** Rules about guests. */
export class GuestService {
  readonly #context: AppContext
  readonly #requests: GuestRequests

  constructor(context: AppContext, requests: GuestRequests) {
    this.#context = context
    this.#requests = requests
  }

  /** Throws `not-found`. */
  async get(machineId: string): Promise<GuestRow> {
    const row = await guestStore.read(this.#context.database, machineId)
    if (row) return row
    const message = `machine ${machineId} has no agent; \`slipway guests list\` shows those that have`
    throw new Fault('not-found', message, { details: { machine_id: machineId } })
  }

  /** Enters a guest as a machine: its socket is served from now on. Throws `conflict` for an id that is taken. */
  async adopt(input: { id: string | undefined; name: string; actor: string }): Promise<string> {
    const machineId = input.id ?? randomUUID()
    await this.#context.database.transaction(async (tx) => {
      const rows = await tx.query(
        `INSERT INTO machines (machine_id, kind, hostname, offline) VALUES ($1, 'virtual', $2, true)
         ON CONFLICT DO NOTHING RETURNING 1`,
        [machineId, input.name],
      )
      if (rows.length === 0)
        throw new Fault('conflict', `there is a machine ${machineId} already; its agent is served without adoption`)
      await sessionStore.ensure(tx, [machineId])
      const data = { machine_id: machineId, hostname: input.name, status: 'offline' }
      await this.#context.appendEvent(tx, { type: 'machines.discovered', data, actor: input.actor })
      await guestStore.notify(tx, guestsChannel, machineId)
    })
    return machineId
  }

  async change(
    machineId: string,
    set: { tags?: string[] | undefined; metrics_interval_s?: number | undefined },
    actor: string,
  ): Promise<GuestRow> {
    await this.#update(machineId, actor, (tx) => guestStore.change(tx, machineId, set))
    return this.get(machineId)
  }

  /**
   * Makes a machine's shared secret, or the next one; the older stays good until the agent shakes hands with the new one.
   * A connected agent that signs gets it over its link. The text is not kept readable.
   */
  async setSecret(machineId: string, actor: string): Promise<{ shared_secret: string; handed_over: boolean }> {
    const secret = makeGuestSecret()
    const { secrets } = this.#context
    await this.#update(machineId, actor, async (tx) => {
      const known = openSecrets(secrets, machineId, await guestStore.lockSecrets(tx, machineId))
      // The oldest is the one that the agent surely has; of those it may have missed, the newest count.
      const kept = known.length < mostSecrets ? known : [...known.slice(0, 1), ...known.slice(2)]
      await guestStore.writeSecrets(tx, machineId, sealSecrets(secrets, machineId, [...kept, secret]))
    })
    const row = await this.get(machineId)
    return { shared_secret: secret, handed_over: row.connected && row.signed }
  }

  /** Lets a machine speak the older protocol again. */
  async resetProtocol(machineId: string, actor: string): Promise<GuestRow> {
    await this.#update(machineId, actor, (tx) => guestStore.resetProtocol(tx, machineId))
    return this.get(machineId)
  }

  /** The agent's answer to a safe command. Throws `invalid-request`, `guest-not-connected`, `unavailable`. */
  async command(
    machineId: string,
    input: { command_type: { action: string }; timeoutMs: number },
    signal: AbortSignal,
  ) {
    const row = await this.#connected(machineId)
    const { action } = input.command_type
    const offered = row.capabilities.filter((name) => name.startsWith('command:')).map((name) => name.slice(8))
    const possible: readonly string[] = offered.length > 0 ? offered : safeActions
    if (!possible.includes(action))
      throw new Fault(
        'unsupported',
        `the agent of ${machineId} has no command ${action}; it has ${possible.join(', ')}`,
      )
    return this.#requests.command(machineId, input, signal)
  }

  /**
   * Has the agent fetch what this server distributes; where downloads need a token, with one of its own in the address, which its
   * handshake after the update ends. Throws `not-found`, `guest-not-connected`.
   */
  async update(machineId: string, actor: string, signal: AbortSignal): Promise<ReleasedAgent> {
    const { platform, arch } = await this.#connected(machineId)
    const artifact = platform && arch ? await this.#context.agentRelease.current(platform, arch) : null
    if (!artifact)
      throw new Fault(
        'not-found',
        `this server distributes no agent for ${platform ?? 'an unknown platform'} ${arch ?? ''}; put one below INFINIBAY_BASE_DIR (scripts/build-agent.sh)`,
      )
    const url = new URL(artifact.url)
    if (this.#context.configuration.distribution.require_token)
      url.searchParams.set('token', (await this.makeToken(machineId, actor)).token)
    await this.#requests.tell(machineId, { type: 'update', ...artifact, url: url.href }, signal)
    return artifact
  }

  async makeToken(machineId: string, actor: string): Promise<{ token: string; expires_at: string }> {
    return this.#context.database.transaction(async (tx) => {
      await this.#ensure(tx, machineId)
      return agentTokens.make(tx, machineId, actor)
    })
  }

  async #update(machineId: string, actor: string, work: (tx: Transaction) => Promise<void>): Promise<void> {
    await this.#context.database.transaction(async (tx) => {
      await this.#ensure(tx, machineId)
      await work(tx)
      const data = { machine_id: machineId }
      await this.#context.appendEvent(tx, { type: 'machines.updated', data, actor })
      await guestStore.notify(tx, guestsChannel, machineId)
    })
  }

  /** A machine may get a secret or a token before its agent was ever seen. Throws `not-found`. */
  async #ensure(tx: Transaction, machineId: string): Promise<void> {
    await sessionStore.ensure(tx, [machineId])
    if (await guestStore.read(tx, machineId)) return
    throw new Fault('not-found', `there is no machine ${machineId}; adopt the guest first (POST /api/machines)`, {
      details: { machine_id: machineId },
    })
  }

  async #connected(machineId: string): Promise<GuestRow> {
    const row = await this.get(machineId)
    if (row.connected) return row
    const since = row.last_contact ? ` since ${row.last_contact.toISOString()}` : ''
    throw new Fault(
      'guest-not-connected',
      `the agent of ${machineId} is not connected${since}: ${row.problem ?? 'it never reported'}`,
      { details: { machine_id: machineId } },
    )
  }
}
