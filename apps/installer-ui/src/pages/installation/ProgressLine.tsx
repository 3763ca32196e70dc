import { isTerminal, type Installation } from '@slipway/protocol'
import { Meter } from '../../ui/Meter.tsx'
import { printBytes } from '../../ui/format-bytes.ts'
import { printSpan } from '../../ui/format-time.ts'
import { installationTone } from '../../words/installation-state.ts'
import classes from './ProgressLine.module.css'

/** Percent, step, bytes, rate and what is left. */
export function ProgressLine({ installation: { status, progress } }: { installation: Installation }) {
  const { percent, step, bytes_done, bytes_total, rate_bytes_per_second: rate, eta_seconds } = progress
  const running = !isTerminal(status)
  const facts = [
    running && step !== null ? step : null,
    bytes_total === null ? null : `${printBytes(bytes_done ?? 0)} of ${printBytes(bytes_total)}`,
    running && rate ? `${printBytes(rate)}/s` : null,
    running && eta_seconds !== null ? `${printSpan(eta_seconds)} left` : null,
  ]
  return (
    <div className={classes.line}>
      <strong className="numbers">{percent} %</strong>
      <Meter percent={percent} tone={installationTone[status]} label="Progress" />
      <span className="quiet numbers clip">{facts.filter((fact) => fact !== null).join(' · ')}</span>
    </div>
  )
}
