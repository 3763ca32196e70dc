import type { Finding } from '@slipway/protocol'
import type { FindingCode } from './finding-codes.ts'
import { spanOf, type Places, type Span } from './places.ts'

/** What a check says; the place comes from the pointer unless `span` is more exact. */
export interface Report {
  readonly code: FindingCode
  /** `error` unless said otherwise. */
  readonly severity?: Finding['severity']
  readonly message: string
  readonly cure: string
  readonly pointer: string
  readonly span?: Span | undefined
  /** The mistake is in the name at the pointer, not in its value. */
  readonly atName?: boolean
}

export interface FindingList {
  /** Takes a report, or a function that makes it: hostile text has mistakes by the hundred thousand, and words cost time. */
  readonly report: (finding: Report | (() => Report)) => void
  /** In the order of the text. */
  readonly findings: () => Finding[]
}

/** More than a person reads, little enough that hostile text cannot fill memory with findings. */
export const maxFindings = 1000

/** Collects findings, giving each the place of its pointer in the text. */
export function makeFindingList(places: Places): FindingList {
  const findings: Finding[] = []
  let dropped = 0
  return {
    report: (report) => {
      const isRoom = findings.length < maxFindings
      if (isRoom) findings.push(placeFinding(typeof report === 'function' ? report() : report, places))
      else dropped += 1
    },
    findings: () => {
      const sorted = findings.toSorted((a, b) => a.line - b.line || a.column - b.column)
      return dropped === 0 ? sorted : [...sorted, tooMany(dropped, sorted.at(-1))]
    },
  }
}

/** Makes one finding from a report. */
export function placeFinding(report: Report, places: Places): Finding {
  const { code, severity = 'error', message, cure, pointer } = report
  const span = report.span ?? (report.atName ? places.names.get(pointer) : undefined) ?? spanOf(places, pointer)
  return {
    severity,
    code,
    message,
    cure,
    pointer,
    line: span.start.line,
    column: span.start.column,
    end_line: span.end.line,
    end_column: span.end.column,
  }
}

function tooMany(dropped: number, last: Finding | undefined): Finding {
  const at = last ?? { line: 1, column: 1, end_line: 1, end_column: 1 }
  return {
    severity: 'error',
    code: 'too-many-findings' satisfies FindingCode,
    message: `More findings are not shown (${dropped} or more).`,
    cure: 'Mend the findings above and check again.',
    pointer: '',
    line: at.line,
    column: at.column,
    end_line: at.end_line,
    end_column: at.end_column,
  }
}
