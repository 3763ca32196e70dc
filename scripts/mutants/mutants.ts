/** One guard, how it looks when removed, and the test that must notice. */
export interface Mutant {
  readonly name: string
  /** What could happen without the guard. */
  readonly why: string
  readonly file: string
  /** Exact text of the guard; must stand exactly once in the file. */
  readonly guard: string
  readonly removed: string
  /** Test file, and the name of the test where running the whole file is slow. */
  readonly test: string
  readonly testName?: string
}

/** The guards that matter most. */
export const mutants: readonly Mutant[] = []
