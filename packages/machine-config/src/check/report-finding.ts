import type { Report } from '../finding-list.ts'

/** Where a check puts what it finds. */
export type ReportFinding = (report: Report) => void
