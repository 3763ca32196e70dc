import type { AgentOutgoing } from '@slipway/protocol'
import type { Attempt } from './run-key.ts'
import type { RunResult } from './run-record.ts'
import { tailText } from './utf8-piece.ts'

/** The `script_completion` of a result (agent.md). Attempt 0 stands for an execution cancelled before any try arrived. */
export function completionMessage(
  id: Attempt,
  result: RunResult,
  output: { stdout: string; stderr: string; logFile: string | null },
): AgentOutgoing {
  const { note, ...facts } = result
  return {
    type: 'script_completion',
    execution_id: id.execution_id,
    ...(id.attempt === 0 ? {} : { attempt: id.attempt }),
    ...facts,
    stdout: output.stdout,
    stderr: note === null ? output.stderr : withNote(output.stderr, note),
    log_file: output.logFile,
  }
}

function withNote(stderr: string, note: string): string {
  const before = stderr === '' || stderr.endsWith('\n') ? stderr : `${stderr}\n`
  return tailText(Buffer.from(`${before}infiniservice: ${note}\n`))
}
