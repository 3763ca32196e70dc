import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { delay, toFault, type Logger } from '@slipway/base'
import { makeSimulatedHost, seedProfile, type BootResult, type SimulatedFault, type SimulatedHost } from '@slipway/host'
import type { EnrolmentFile } from '@slipway/protocol'
import type { Responder } from '../discovery/responder.ts'
import { startMachine, type Machine } from '../machine.ts'
import { announceInstalled } from './announce-installed.ts'
import { reportFirstBoot } from './report-first-boot.ts'
import type { FaultChoice } from './simulate-options.ts'

/** From power to machined; real machines take minutes, but somebody is watching here. */
const bootMs = 300

/** What the live environment keeps in memory and loses with every boot. The key stays, as if the machine had a TPM. */
const volatile = ['pinned.json', 'fence.json', 'installations']

export interface RackMachineOptions {
  readonly machineId: string
  readonly hostname: string
  readonly seed: string
  readonly dataDir: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly enrolmentFile: EnrolmentFile | null
  readonly instcomd: readonly string[]
  readonly faults: readonly FaultChoice[]
  readonly responder: Responder
  readonly logger: Logger
  readonly onCode: (code: string | null) => void
}

/**
 * One machine of the rack: a machined core on a simulated host, switched off and on as its host says. A power cut tears
 * the core down and cuts its connections; a start begins with an empty live environment, or runs the installed system,
 * which reports its first boot and answers discovery as installed.
 */
export class RackMachine {
  readonly #options: RackMachineOptions
  readonly #host: SimulatedHost
  readonly #off = new AbortController()
  readonly #firstBoot: Promise<BootResult>
  #machine: Machine | null = null
  /** Ends the answers of the installed system. */
  #silence: () => void = () => undefined
  /** Starts and stops, one after the other. */
  #transition: Promise<void> = Promise.resolve()

  constructor(options: RackMachineOptions) {
    const isOld = existsSync(join(options.dataDir, 'host'))
    this.#options = options
    this.#host = makeSimulatedHost({
      ...options,
      stateDir: join(options.dataDir, 'host'),
      faults: faultsOf(options),
      onEvent: (event) => {
        if (event.type === 'power-lost') this.#next(() => this.#restartAfterPowerCut())
      },
    })
    // On disks of an earlier run the firmware decides what comes up; a new machine has the live medium in.
    this.#firstBoot = isOld ? this.#host.powerOn() : Promise.resolve(this.#host.bootReport())
  }

  get machineId(): string {
    return this.#options.machineId
  }

  get hostname(): string {
    return this.#options.hostname
  }

  get host(): SimulatedHost {
    return this.#host
  }

  /** The core while the live environment runs. */
  get machine(): Machine | null {
    return this.#machine
  }

  async start(): Promise<void> {
    const boot = await this.#firstBoot
    this.#next(() => this.#run(boot))
    await this.#transition
  }

  async stop(): Promise<void> {
    this.#off.abort()
    await this.#transition
    this.#silence()
    await this.#machine?.stop()
  }

  async #run(boot: BootResult): Promise<void> {
    this.#silence()
    if (this.#off.signal.aborted) return
    if (boot.system === 'installed') return this.#runInstalled(boot)
    if (boot.not_booted.length > 0)
      this.#options.logger.warn({ tried: boot.not_booted }, 'no disk boots; back in the live environment')
    const { dataDir } = this.#options
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    for (const name of volatile) await rm(join(dataDir, name), { recursive: true, force: true })
    this.#machine = await startMachine({
      ...this.#options,
      host: this.#host,
      cutAfterBytes: this.#dropBytes(),
      onReboot: () => this.#next(() => this.#leaveLive()),
    })
  }

  async #leaveLive(): Promise<void> {
    await this.#machine?.stop()
    this.#machine = null
    await this.#run(this.#host.bootReport())
  }

  async #restartAfterPowerCut(): Promise<void> {
    this.#silence()
    await this.#machine?.cut()
    this.#machine = null
    await delay(bootMs, this.#off.signal).catch(() => undefined) // switched off for good: #run looks at the signal
    if (!this.#off.signal.aborted) await this.#run(await this.#host.powerOn())
  }

  /** The report is not waited for by the next transition: instcomd may be down for long. */
  async #runInstalled(boot: Extract<BootResult, { system: 'installed' }>): Promise<void> {
    const { logger, dataDir } = this.#options
    logger.info({ boot_environment: boot.boot_environment, disk: boot.disk }, 'the installed system runs')
    this.#silence = await announceInstalled({ ...this.#options, host: this.#host }, boot)
    const marker = join(dataDir, 'first-boot-reported')
    const id = boot.first_boot?.installation_id ?? ''
    const reported = await readFile(marker, 'utf8').catch(() => '') // none yet
    if (reported === id) return
    reportFirstBoot(boot, logger, this.#off.signal)
      .then(async (isTaken) => {
        if (!isTaken) return
        await this.#host.confirmBoot()
        await writeFile(marker, id)
        logger.info({ installation_id: id }, 'first boot reported')
      })
      .catch((error: unknown) =>
        logger.error({ error: toFault(error).message }, 'the first boot could not be reported'),
      )
  }

  #dropBytes(): number | null {
    return faultsOf(this.#options).find((fault) => fault.kind === 'drop')?.bytes ?? null
  }

  #next(work: () => Promise<void>): void {
    this.#transition = this.#transition.then(work).catch((error: unknown) => {
      this.#options.logger.error(
        { error: toFault(error).message, code: toFault(error).code },
        'the simulated machine cannot start',
      )
    })
  }
}

/** The faults of one machine; where no disk is named, its second one fails. */
function faultsOf(options: Pick<RackMachineOptions, 'machineId' | 'hostname' | 'seed' | 'faults'>): SimulatedFault[] {
  const own = options.faults.filter(({ machine }) => machine === null || machine === options.machineId)
  return own.map(({ fault }) => {
    if (fault) return fault
    const { disks } = seedProfile({ ...options, platform: 'linux' })
    return { kind: 'disk-fail', disk: disks[1]?.name ?? 'vdb', at: null, after_bytes: 0 }
  })
}
