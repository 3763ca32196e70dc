import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@slipway/base'
import type { AgentLink } from '../link/agent-link.ts'
import { listenUnixLink } from '../link/unix-link.ts'
import { makeScriptRuns, type ScriptRuns } from '../scripts/make-script-runs.ts'
import { systemClock, type AgentClock } from '../session/agent-clock.ts'
import { makeAgentSession, type AgentIdentity, type AgentSession } from '../session/agent-session.ts'
import type { SessionPart } from '../session/host-session.ts'
import { memorySecret } from '../session/session-secret.ts'
import { version } from '../version.ts'
import { inPieces, writeGarbage, writeHalfLine } from './garbage.ts'
import type { GuestFaults } from './guest-fault.ts'
import { GuestFigures } from './guest-figures.ts'
import { modelledActions, type GuestProfile } from './guest-profile.ts'
import { LegacySession } from './legacy-session.ts'
import { ModelMetrics } from './model-metrics.ts'
import { ModelScripts, type OnStarted } from './model-scripts.ts'
import { seededHex } from './seeded-random.ts'
import type { RunMode } from './simulate-options.ts'
import { UnsteadyPart } from './unsteady-part.ts'

export interface SimulatedGuestOptions {
  readonly profile: GuestProfile
  readonly faults: GuestFaults
  readonly run: RunMode
  readonly socketDir: string
  readonly dataDir: string
  readonly logger: Logger
  readonly onStarted: OnStarted
}

/** The faults that come back, and when each is due next. */
interface Recurring {
  readonly everyMs: number
  readonly strike: (turn: number) => void
  turn: number
  dueAt: number
}

const capabilities = ['scripts', 'metrics', ...[...modelledActions].map((action) => `command:${action}`)]

/** One guest: it listens where QEMU would, and speaks through the agent's own session. Without timers of its own. */
export class SimulatedGuest {
  readonly id: string
  readonly ready: Promise<void>
  readonly #session: AgentSession
  readonly #runs: ScriptRuns | null
  readonly #ticks: ((now: number) => void)[] = []
  readonly #recurring: Recurring[]

  constructor(options: SimulatedGuestOptions) {
    const { profile, faults, socketDir } = options
    this.id = profile.id
    const path = join(socketDir, `${profile.id}.socket`)
    removeStale(path)
    const { link, ready } = listenUnixLink(path)
    this.ready = ready
    const { scripts, runs } = this.#makeScripts(options)
    this.#runs = runs
    const metrics = new ModelMetrics(new GuestFigures(profile), profile.random)
    const isSilent = faults.has('silent')
    const parts = isSilent ? [scripts] : [metrics, scripts]
    const boot = { id: bootId(profile) }
    this.#session = makeSession(options, { link: faults.has('garbage') ? inPieces(link) : link, parts, boot })
    if (!isSilent)
      this.#ticks.push(
        (now) => metrics.tick(now),
        () => this.#session.tick(),
      )
    this.#recurring = this.#plan(faults, link, () => (boot.id = bootId(profile)))
    this.#session.start()
  }

  /** Several times a second at most; `now` is monotonic, in milliseconds. */
  tick(now: number): void {
    for (const tick of this.#ticks) tick(now)
    for (const fault of this.#recurring) {
      if (now < fault.dueAt) continue
      fault.dueAt = now + fault.everyMs
      fault.strike(fault.turn)
      fault.turn += 1
    }
  }

  async stop(): Promise<void> {
    await this.#runs?.stop()
    this.#session.stop()
  }

  #makeScripts(options: SimulatedGuestOptions): { scripts: SessionPart; runs: ScriptRuns | null } {
    const { profile, faults, run, onStarted } = options
    if (run === 'real') {
      const runs = makeRealRuns(options)
      return { scripts: this.#unsettle(runs, faults), runs }
    }
    // A model takes its time by itself; the results of a real run are held back.
    const late = (faults.get('late') ?? 0) * 1000
    const model = new ModelScripts({ vmId: profile.id, durationMs: late, onStarted })
    this.#ticks.push((now) => model.tick(now))
    return { scripts: this.#unsettle(model, new Map([...faults].filter(([kind]) => kind !== 'late'))), runs: null }
  }

  #unsettle(part: SessionPart, faults: GuestFaults): SessionPart {
    if (!faults.has('slow') && !faults.has('late') && !faults.has('duplicate')) return part
    const unsteady = new UnsteadyPart(part, faults)
    this.#ticks.push((now) => unsteady.tick(now))
    return unsteady
  }

  #plan(faults: GuestFaults, link: AgentLink, rebooted: () => void): Recurring[] {
    const now = performance.now()
    const make = (kind: 'garbage' | 'reset' | 'drop', strike: Recurring['strike']): Recurring[] => {
      const everyMs = (faults.get(kind) ?? 0) * 1000
      return everyMs > 0 ? [{ everyMs, strike, turn: 0, dueAt: now + everyMs }] : []
    }
    return [
      ...make('garbage', (turn) => writeGarbage(link, turn)),
      ...make('drop', () => link.reconnect()),
      ...make('reset', () => {
        writeHalfLine(link)
        rebooted()
        this.#session.restart()
      }),
    ]
  }
}

function makeSession(
  options: SimulatedGuestOptions,
  made: { link: AgentLink; parts: readonly SessionPart[]; boot: { id: string } },
): AgentSession {
  const { profile, faults, logger } = options
  const { link, parts, boot } = made
  if (faults.has('legacy')) return new LegacySession(link, parts)
  const { id: vm_id, platform, arch } = profile
  const identity: AgentIdentity = {
    vm_id,
    version,
    platform,
    arch,
    capabilities,
    get boot_id() {
      return boot.id
    },
  }
  return makeAgentSession({ link, identity, secret: memorySecret(null), parts, logger, clock: clockOf(faults) })
}

function makeRealRuns({ profile, dataDir, logger }: SimulatedGuestOptions): ScriptRuns {
  const stateDir = join(dataDir, profile.id)
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  return makeScriptRuns({ stateDir, logger, vmId: profile.id })
}

function clockOf(faults: GuestFaults): AgentClock {
  const ahead = (faults.get('clock') ?? 0) * 1000
  return ahead === 0 ? systemClock : { now: () => Date.now() + ahead, elapsed: () => performance.now() }
}

/** QEMU too takes the place of a socket that nobody listens on any more. */
function removeStale(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path, { force: true })
}

function bootId({ random }: GuestProfile): string {
  const hex = seededHex(random, 32)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
