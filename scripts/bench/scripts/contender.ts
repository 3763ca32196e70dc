/** The columns of the result; `link` and `rest` are the two levels at which Slipway is measured. */
export type ContenderName = 'slipway link' | 'slipway REST' | 'qemu-ga' | 'MeshCentral'

/** What came back of one script. */
export interface Outcome {
  readonly exitCode: number | null
  /** Standard output in the order in which it came. */
  readonly output: readonly string[]
  /** The contender itself said that it cut something off. */
  readonly truncated: boolean
}

export interface RunOptions {
  /** Ends the wait; `run` then rejects with its reason. */
  readonly signal: AbortSignal
  /** Called with each piece as it arrives; never called by contenders that show output only at the end. */
  readonly onOutput?: (text: string) => void
}

/** One way to run a script on a machine: an agent that is running and what drives it. */
export interface Contender {
  readonly name: ContenderName
  /** Program and version. */
  readonly title: string
  /** How its parts were started, and how a script gets to the agent. */
  readonly commands: readonly string[]
  /** The agent's process; its tree is what memory and CPU are taken of. */
  readonly agentPid: number
  /** Whether output is shown while the script runs. */
  readonly streams: boolean
  /** Runs one program text with bash and resolves when its end is known. Any number may be under way. */
  run(script: string, options: RunOptions): Promise<Outcome>
  stop(): Promise<void>
}
