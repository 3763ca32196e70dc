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
}

export interface FindingList {
  readonly report: (finding: Report) => void
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
      if (findings.length < maxFindings) findings.push(placeFinding(report, places))
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
  const { code, severity = 'error', message, cure, pointer, span = spanOf(places, pointer) } = report
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
    message: `${dropped} more findings are not shown.`,
    cure: 'Mend the findings above and check again.',
    pointer: '',
    line: at.line,
    column: at.column,
    end_line: at.end_line,
    end_column: at.end_column,
  }
}
