import type { Progress } from '@slipway/protocol'
import { printBytes, printSeconds } from './print-bytes.ts'

/** Shows one installation's progress: a bar redrawn in place on a terminal, a plain line per change in a pipe. */
export class ProgressLine {
  #last = ''
  readonly #terminal = Boolean(process.stdout.isTTY)

  show(progress: Progress): void {
    if (this.#terminal) return this.#redraw(progress)
    // In a pipe: one line per phase and per ten percent, so that a log stays readable.
    const key = `${progress.status} ${Math.floor(progress.percent / 10)}`
    if (key === this.#last) return
    this.#last = key
    process.stdout.write(`${String(progress.percent).padStart(3)} % ${describe(progress)}\n`)
  }

  /** Leaves the bar standing and goes to the next line. */
  end(): void {
    if (this.#terminal && this.#last !== '') process.stdout.write('\n')
  }

  #redraw(progress: Progress): void {
    const full = Math.round((progress.percent / 100) * 24)
    const bar = `${'█'.repeat(full)}${'░'.repeat(24 - full)}`
    const text = `${bar} ${String(progress.percent).padStart(3)} % ${describe(progress)}`
    const width = process.stdout.columns || 80
    this.#last = text
    process.stdout.write(`\r\u001B[2K${text.slice(0, width - 1)}`)
  }
}

function describe(progress: Progress): string {
  const parts: string[] = [progress.status]
  if (progress.step) parts.push(progress.step)
  if (progress.bytes_total) parts.push(`${printBytes(progress.bytes_done ?? 0)} of ${printBytes(progress.bytes_total)}`)
  if (progress.eta_seconds !== null && progress.percent < 100) parts.push(`${printSeconds(progress.eta_seconds)} left`)
  return parts.join(' · ')
}
