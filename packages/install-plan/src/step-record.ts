/** One step as a journal has it: how it stands, and for a layer how many of its blob's bytes are there. */
export interface StepRecord {
  readonly outcome: 'running' | 'done' | 'failed' | 'undone'
  readonly bytes_done?: number
}

/** Step id → record; a step that has not begun is not in it. */
export type StepRecords = Readonly<Record<string, StepRecord>>
