import type { TimelineStep } from '@slipway/protocol'

export interface Bar {
  readonly id: string
  readonly title: string
  readonly outcome: TimelineStep['outcome']
  /** Shares of the whole span, 0 to 1. */
  readonly from: number
  readonly width: number
  readonly seconds: number
  /** What the same step took elsewhere. */
  readonly otherSeconds: number | null
}

/** Steps that began, laid out over the time from the first start to the last end (or now), beside the other's times. */
export function waterfall(steps: readonly TimelineStep[], now: number, other: readonly TimelineStep[] = []): Bar[] {
  const begun = steps.filter(({ started_at }) => started_at !== null)
  const times = begun.flatMap((step) => [startOf(step), endOf(step, now)])
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const span = Math.max(1, last - first)
  const elsewhere = new Map(other.filter(({ ended_at }) => ended_at !== null).map((step) => [step.step_id, step]))
  return begun.map((step) => {
    const [start, end] = [startOf(step), endOf(step, now)]
    const same = elsewhere.get(step.step_id)
    return {
      id: step.step_id,
      title: step.title,
      outcome: step.outcome,
      from: (start - first) / span,
      width: (end - start) / span,
      seconds: (end - start) / 1000,
      otherSeconds: same ? (endOf(same, now) - startOf(same)) / 1000 : null,
    }
  })
}

function startOf({ started_at }: TimelineStep): number {
  return Date.parse(started_at ?? '')
}

function endOf({ ended_at, started_at }: TimelineStep, now: number): number {
  return ended_at === null ? Math.max(now, Date.parse(started_at ?? '')) : Date.parse(ended_at)
}
