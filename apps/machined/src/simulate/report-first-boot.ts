import { backoffDelay, delay, isFault, toFault, type Backoff, type Logger } from '@slipway/base'
import type { BootResult } from '@slipway/host'
import type { BootedReport } from '@slipway/protocol'
import { postPinned } from '../enrolment/pinned-request.ts'

type InstalledBoot = Extract<BootResult, { system: 'installed' }>

/** instcomd waits for half an hour (installation.commit_timeout); a report that comes later is refused anyway. */
const reportForMs = 1_800_000
const backoff: Backoff = { firstMs: 250, capMs: 10_000, tries: Number.POSITIVE_INFINITY }

/**
 * Sends the first-boot report as sysconfig does on a real machine: to each address in turn, until one takes it. True
 * when it was taken; false when there is nothing to report or it was refused for good.
 */
export async function reportFirstBoot(boot: InstalledBoot, logger: Logger, signal: AbortSignal): Promise<boolean> {
  const report = boot.first_boot
  // After a fall-back the old system runs: it has nothing to say of the installation that failed.
  if (!report || report.boot_environment !== boot.boot_environment) return false
  const body: BootedReport = {
    token: report.token,
    boot_environment: boot.boot_environment,
    boot_id: boot.boot_id,
    addresses: [...boot.addresses],
  }
  const until = performance.now() + reportForMs
  for (let attempt = 1; performance.now() < until; attempt += 1) {
    for (const base of report.urls) {
      const url = new URL(`/api/install/${encodeURIComponent(report.installation_id)}/booted`, base)
      try {
        await postPinned({ url, caPem: report.ca_pem, signal, body: () => Promise.resolve(body) })
        return true
      } catch (error) {
        const fault = toFault(error)
        if (signal.aborted) return false
        logger.warn({ url: url.href, code: fault.code }, `the first-boot report was not taken: ${fault.message}`)
        if (!isFault(fault, 'server-unreachable')) return false
      }
    }
    await delay(backoffDelay(backoff, attempt), signal).catch(() => undefined) // postPinned looks at the signal
    if (signal.aborted) return false
  }
  return false
}
