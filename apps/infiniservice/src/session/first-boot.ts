import { readFileSync, rmSync } from 'node:fs'
import type { Logger } from '@slipway/base'
import { firstBootReportSchema, type FirstBootReport } from '@slipway/protocol'
import type { FirstBoot } from './agent-session.ts'
import type { SessionPart } from './host-session.ts'

/** Makes the running boot environment the one that boots from now on; repeating it does no harm. */
export type ConfirmBoot = (report: FirstBootReport) => Promise<void>

/** The confirmation of an installation by the agent's handshake. */
export interface FirstBootConfirmation {
  /** What the handshake carries; null when there is nothing to confirm. */
  pending(): FirstBoot | null
  /** Finishes when the host has answered such a handshake. */
  readonly part: SessionPart
}

/**
 * The installer leaves a one-time token (machines.md: confirmed by the first-boot report "or by the agent's handshake").
 * Once the host has answered, the boot environment is made permanent, then the token is removed: in this order, so that a
 * power cut in between repeats the confirmation and loses nothing. Sysconfig does the same; whoever is second finds no work.
 */
export function makeFirstBoot(options: { path: string; logger: Logger; confirm: ConfirmBoot }): FirstBootConfirmation {
  let said: FirstBootReport | null = null
  let warned = false
  const read = (): FirstBootReport | null => {
    try {
      return firstBootReportSchema.parse(JSON.parse(readFileSync(options.path, 'utf8')))
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!isAbsent && !warned)
        options.logger.warn(
          { file: options.path },
          'the first-boot file cannot be read; the installation is not confirmed',
        )
      warned = !isAbsent
      return null
    }
  }
  return {
    pending() {
      said = read()
      return said && { installation_id: said.installation_id, token: said.token }
    },
    part: {
      onOpen() {
        if (!said) return
        const report = said
        said = null
        finish(report, options).catch((error: unknown) => {
          const fields = { installation_id: report.installation_id, error: String(error) }
          options.logger.error(fields, 'the boot environment could not be confirmed; tried again with the next session')
        })
      },
      onMessage: () => false,
    },
  }
}

async function finish(
  report: FirstBootReport,
  options: { path: string; logger: Logger; confirm: ConfirmBoot },
): Promise<void> {
  await options.confirm(report)
  rmSync(options.path, { force: true })
  options.logger.info({ installation_id: report.installation_id }, 'the installation is confirmed')
}
