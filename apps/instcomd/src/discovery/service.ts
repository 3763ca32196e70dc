import { isIP } from 'node:net'
import { Fault, isFault } from '@slipway/base'
import type { AppContext } from '../app-context.ts'
import { factsOfAnswer } from '../machines/machine-facts.ts'
import { meetMachine, type MeetingDeps } from '../machines/meet-machine.ts'
import { machineStore } from '../machines/store.ts'
import type { ReceivedAnswer } from '../machines/verify-answer.ts'
import { classifyAnswer } from './classify-answer.ts'
import { Meetings } from './meetings.ts'
import { parseAnswer } from './parse-answer.ts'
import { Rounds, spreadSeconds } from './rounds.ts'
import { DiscoverySockets } from './sockets.ts'
import { discoveryStore, type ChangedMachine, type KnownMachine, type Sighting } from './store.ts'

/** Answers are judged and written in batches of what came within this time. */
const batchMs = 50
/** machines.md: offline after this many rounds without an answer. */
const missedRounds = 3

/** Finds machines: asks, judges the answers, and notices those that fall silent. */
export class DiscoveryService {
  readonly #context: AppContext
  readonly #deps: MeetingDeps
  readonly #rounds: Rounds
  readonly #sockets: DiscoverySockets
  readonly #meetings: Meetings
  /** Told of sightings of known machines, after they are stored. */
  readonly #onSeen: (sightings: readonly Sighting[]) => Promise<void>
  #batch: ReceivedAnswer[] = []
  #flushing: Promise<void> = Promise.resolve()
  #flushTimer: NodeJS.Timeout | null = null
  #roundTimer: NodeJS.Timeout | null = null
  #roundsAsked = 0
  ignored = 0

  constructor(deps: MeetingDeps, onSeen: (sightings: readonly Sighting[]) => Promise<void>) {
    this.#deps = deps
    this.#context = deps.context
    this.#onSeen = onSeen
    const { discovery } = this.#context.configuration
    this.#rounds = new Rounds(this.#context.instanceId, discovery.timeout)
    this.#sockets = new DiscoverySockets({
      group: discovery.multicast_group,
      port: discovery.port,
      ttl: discovery.ttl,
      only: discovery.interface,
      logger: this.#context.logger,
      onDatagram: (datagram) => this.#receive(datagram),
    })
    this.#meetings = new Meetings((answer) => this.#meet(answer))
    this.#context.metrics.gauge(
      'discovery_ignored_datagrams',
      'Datagrams that were no answer to an open question',
      () => this.ignored,
    )
  }

  async start(): Promise<void> {
    await this.#ask(true)
  }

  /** Asks now; returns the question's nonce. */
  async ask(): Promise<string> {
    return this.#sendRequest()
  }

  async stop(): Promise<void> {
    if (this.#roundTimer) clearTimeout(this.#roundTimer)
    if (this.#flushTimer) clearTimeout(this.#flushTimer)
    this.#sockets.close()
    await this.#flushing
    await this.#meetings.settled()
  }

  async #ask(first = false): Promise<void> {
    const { discovery } = this.#context.configuration
    if (this.#context.signal.aborted) return
    this.#roundTimer = setTimeout(() => void this.#ask(), discovery.interval).unref()
    try {
      await this.#sendRequest()
      if (!first) await this.#age()
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'Discovery round failed; the next one tries again')
    }
  }

  async #sendRequest(): Promise<string> {
    const now = Date.now()
    for (const answered of this.#rounds.close(now)) this.#context.metrics.discoveryRound(answered)
    const request = this.#rounds.start(now)
    this.#roundsAsked += 1
    await this.#sockets.send(request, this.#context.configuration.discovery.targets)
    return request.nonce
  }

  #receive(datagram: Buffer): void {
    const answer = parseAnswer(datagram)
    if (!answer || isIP(answer.message.address) === 0 || !this.#rounds.admits(answer.message, Date.now())) {
      this.ignored += 1
      return
    }
    this.#batch.push(answer)
    this.#flushTimer ??= setTimeout(() => this.#scheduleFlush(), batchMs)
  }

  #scheduleFlush(): void {
    this.#flushTimer = null
    this.#flushing = this.#flushing
      .then(() => this.#flush())
      .catch((error: unknown) =>
        this.#context.logger.warn({ err: error }, 'Discovery answers were not stored; the next round repeats them'),
      )
  }

  async #flush(): Promise<void> {
    const answers = this.#batch
    this.#batch = []
    const known = await discoveryStore.known(
      this.#context.database,
      answers.map(({ message }) => message.machine_id),
    )
    const seen = new Map<string, Sighting>() // several interfaces give several answers
    for (const answer of answers) {
      const row = known.get(answer.message.machine_id)
      const verdict = classifyAnswer(row, answer)
      if (verdict.kind === 'seen') this.#see(seen, answer)
      else if (verdict.kind === 'conflict') await this.#showConflict(answer, verdict.why)
      else if (verdict.kind === 'introduce') await this.#introduce(answer)
      else this.#meetLater(answer, row)
    }
    if (seen.size > 0) await this.#storeSeen([...seen.values()])
  }

  #see(seen: Map<string, Sighting>, answer: ReceivedAnswer): void {
    this.#rounds.prove(answer.message, Date.now())
    seen.set(answer.message.machine_id, sighting(answer))
  }

  /** Another key waits until every answer of the round is in: two boots under one id are then known as twins. */
  #meetLater(answer: ReceivedAnswer, row: KnownMachine | undefined): void {
    const key = `${answer.message.machine_id} ${answer.message.fingerprint}`
    this.#meetings.add(key, answer, row?.public_key ? 2 * spreadSeconds * 1000 : 0)
  }

  async #meet(answer: ReceivedAnswer): Promise<void> {
    const { message } = answer
    try {
      if (!this.#rounds.prove(message, Date.now())) throw twins(message.machine_id, message.address)
      const { port = this.#context.configuration.machined.default_port, address } = message
      await meetMachine(this.#deps, { address, port, answer, actor: 'instcomd', signal: this.#context.signal })
    } catch (error) {
      if (isFault(error, 'machine-conflict')) await this.#showConflict(answer, error.message)
      else
        this.#context.logger.warn(
          { err: error, machine_id: message.machine_id },
          `Machine ${message.machine_id} was not met; the next round tries again`,
        )
    }
  }

  /** A peer that knows only the published fields: listed, but nothing can be proved to it or by it. */
  async #introduce(answer: ReceivedAnswer): Promise<void> {
    const { database, appendEvent, configuration, logger } = this.#context
    const facts = {
      ...factsOfAnswer(answer.message),
      address: answer.message.address,
      port: configuration.machined.default_port,
    }
    await database.transaction(async (tx) => {
      await machineStore.upsert(tx, { ...facts, enrolment: 'none', public_key: null, fingerprint: null })
      const { machine_id, hostname, address, status } = facts
      await appendEvent(tx, {
        type: 'machines.discovered',
        data: { machine_id, hostname, address, status, enrolment: 'none' },
        actor: 'instcomd',
      })
    })
    logger.info({ machine_id: facts.machine_id }, `Machine discovered: ${facts.machine_id} at ${facts.address}`)
  }

  async #storeSeen(seen: readonly Sighting[]): Promise<void> {
    const { database, configuration } = this.#context
    await database.transaction(async (tx) => {
      const changed = await discoveryStore.seen(tx, seen, missedRounds * configuration.discovery.interval)
      await this.#appendChanges(tx, changed, 'machines.updated')
    })
    await this.#onSeen(seen)
  }

  async #age(): Promise<void> {
    if (this.#roundsAsked <= missedRounds) return // silence counts only where this instance has been asking
    const { database, configuration, logger } = this.#context
    const gone = await database.transaction(async (tx) => {
      const rows = await discoveryStore.markOffline(tx, missedRounds * configuration.discovery.interval)
      await this.#appendChanges(tx, rows, 'machines.offline')
      return rows
    })
    for (const { machine_id } of gone)
      logger.warn({ machine_id }, `Machine offline: ${machine_id} missed ${missedRounds} rounds`)
  }

  async #appendChanges(
    tx: Parameters<AppContext['appendEvent']>[0],
    machines: readonly ChangedMachine[],
    type: 'machines.updated' | 'machines.offline',
  ): Promise<void> {
    const data = machines.map(({ machine_id, hostname, address, status }) => ({
      machine_id,
      hostname,
      address,
      status,
    }))
    await this.#context.appendEvent(
      tx,
      data.map((one) => ({ type, data: one, actor: 'instcomd' })),
    )
  }

  async #showConflict(answer: ReceivedAnswer, why: string): Promise<void> {
    const { machine_id } = answer.message
    const { database, appendEvent, logger } = this.#context
    const fresh = await database.transaction(async (tx) => {
      if (!(await machineStore.setConflict(tx, machine_id, why))) return false
      await appendEvent(tx, { type: 'machines.updated', data: { machine_id, conflict: why }, actor: 'instcomd' })
      return true
    })
    if (fresh) logger.warn({ machine_id }, `Machine conflict: ${machine_id}: ${why}`)
  }
}

function twins(machineId: string, address: string): Fault {
  return new Fault(
    'machine-conflict',
    `a second machine, at ${address}, answers as ${machineId}; give one of them another identity`,
  )
}

function sighting({ message }: ReceivedAnswer): Sighting {
  return {
    machine_id: message.machine_id,
    hostname: message.hostname,
    address: message.address,
    port: message.port ?? null,
    status: message.status,
    boot_id: message.boot_id ?? null,
    version: message.version ?? null,
  }
}
