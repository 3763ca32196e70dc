import type { ExecutionStatus, ExecutionType } from '@slipway/protocol'

/** What reports of an agent may change of a row, and what is needed to tell of it. */
export interface ReportRow {
  readonly id: string
  readonly machineid: string
  readonly scriptid: string
  readonly script_name: string
  readonly executiontype: ExecutionType
  readonly status: ExecutionStatus
  readonly startedat: Date | null
  readonly attempt: number
  readonly max_attempts: number
  readonly result_attempt: number
  readonly sent_at: Date | null
  readonly accepted_at: Date | null
  readonly cancel_requested_at: Date | null
  readonly stdout_seq: number
  readonly stderr_seq: number
  readonly stdout_bytes: number
  readonly stderr_bytes: number
  readonly truncated: boolean
  readonly schedule_id: string | null
  readonly schedule_round: number | null
}

/** A row of `script_executions` as the API shows it, its schedule's repeat fields beside it. */
export interface ExecutionRow extends ReportRow {
  readonly position: number
  readonly scheduledfor: Date | null
  readonly completedat: Date | null
  readonly exitcode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly error: string | null
  readonly inputvalues: Record<string, unknown>
  readonly executedas: string | null
  readonly order: number
  readonly repeatintervalminutes: number | null
  readonly lastexecutedat: Date | null
  readonly executioncount: number
  readonly maxexecutions: number | null
  readonly os: readonly string[]
  readonly timeout_seconds: number
  readonly held: boolean
  readonly send_after: Date | null
  readonly late_result: Record<string, unknown> | null
  readonly created_by: string
  readonly createdat: Date
  readonly updatedat: Date
}

/** A row that was claimed to be sent, with what the agent needs. */
export interface ClaimedRow {
  readonly order: number
  readonly createdat: Date
  readonly position: number
  readonly id: string
  readonly machineid: string
  readonly scriptid: string
  readonly script_name: string
  readonly shell: 'bash' | 'sh' | 'powershell' | 'cmd'
  readonly program: string
  readonly env_sealed: string | null
  readonly executiontype: ExecutionType
  readonly inputvalues: Record<string, unknown>
  readonly timeout_seconds: number
  readonly executedas: string | null
  readonly attempt: number
  readonly send_fence: number
  readonly cancel_requested_at: Date | null
  readonly was_sent: boolean
  readonly status_before: ExecutionStatus
  readonly sent_protocol: number
}

/** An execution to be made. */
export interface NewExecution {
  readonly id: string
  readonly scriptId: string
  readonly scriptName: string
  readonly machineId: string
  readonly executionType: ExecutionType
  readonly scheduledFor: Date | null
  readonly inputValues: Readonly<Record<string, unknown>>
  readonly executedAs: string | null
  readonly order: number
  readonly os: readonly string[]
  readonly shell: string
  readonly program: string
  readonly envSealed: string | null
  readonly timeoutSeconds: number
  readonly maxAttempts: number
  readonly createdBy: string
  readonly scheduleId: string | null
  readonly scheduleRound: number | null
  readonly held: boolean
  readonly sendBy: Date | null
}
