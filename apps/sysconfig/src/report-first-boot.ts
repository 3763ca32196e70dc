import { backoffDelay, delay, Fault, isFault, type Logger } from '@slipway/base'
import { firstBootReportSchema, type BootedReport, type FirstBootReport } from '@slipway/protocol'
import { readFile, rm } from 'node:fs/promises'
import { sendBooted, type Answer } from './send-booted.ts'

/** Between rounds over all addresses; it goes on until there is an answer, so `tries` only bounds the exponent. */
const backoff = { firstMs: 1_000, capMs: 30_000, tries: 16 }

/** What the report needs of the machine; `main.ts` gives the real one. */
export interface BootedMachine {
  readonly bootId: string
  /** Addresses that others reach it by, now. */
  addresses(): readonly string[]
  /** The boot environment that runs. */
  bootEnvironment(report: FirstBootReport): Promise<string>
  /** Makes it the one that boots from now on. */
  confirm(bootEnvironment: string, signal: AbortSignal): Promise<void>
}

export interface ReportOptions {
  readonly path: string
  readonly machine: BootedMachine
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Waits between rounds; tests pass one that does not. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * Sends the first-boot report until the control plane answers, makes the boot environment permanent, and deletes the
 * token; in this order, so that a power cut in between repeats the report (the server takes it twice) and loses nothing.
 * Returns false when there is nothing to report. Throws `not-permitted` when the report is refused.
 */
export async function reportFirstBoot(options: ReportOptions): Promise<boolean> {
  const report = await readReport(options.path)
  if (!report) return false
  const bootEnvironment = await options.machine.bootEnvironment(report)
  const booted = { token: report.token, boot_environment: bootEnvironment, boot_id: options.machine.bootId }
  await sendUntilAnswered(report, booted, options)
  options.logger.info(
    { installation_id: report.installation_id, boot_environment: bootEnvironment },
    'first boot reported',
  )
  await options.machine.confirm(bootEnvironment, options.signal)
  await rm(options.path, { force: true })
  return true
}

async function sendUntilAnswered(
  report: FirstBootReport,
  booted: Omit<BootedReport, 'addresses'>,
  options: ReportOptions,
): Promise<void> {
  const wait = options.wait ?? delay
  for (let round = 1; ; round += 1) {
    const refusals: string[] = []
    for (const url of report.urls) {
      const now = { ...booted, addresses: [...options.machine.addresses()] } // a lease may have come since the last round
      const answer: Answer = await sendBooted(url, report, now, options.signal)
      options.signal.throwIfAborted()
      if (answer.kind === 'accepted') return
      options.logger.warn({ url, round, answer: answer.message }, 'first-boot report not accepted')
      if (answer.kind === 'refused') refusals.push(answer.message)
    }
    // An address that now belongs to another server must not speak for the right one, so all have to refuse.
    if (refusals.length === report.urls.length) {
      throw new Fault('not-permitted', `the control plane refused the first-boot report: ${refusals.join('; ')}`)
    }
    await wait(backoffDelay(backoff, Math.min(round, backoff.tries)), options.signal)
  }
}

async function readReport(path: string): Promise<FirstBootReport | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  try {
    return firstBootReportSchema.parse(JSON.parse(text))
  } catch (error) {
    if (isFault(error)) throw error
    throw new Fault('configuration-invalid', `${path} is not a first-boot report; the installation is not confirmed`, {
      cause: error,
    })
  }
}
