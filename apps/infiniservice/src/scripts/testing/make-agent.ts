import { silentLogger } from '@slipway/base'
import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { makeScriptRuns, type ScriptRunsOptions } from '../make-script-runs.ts'
import { RecordingHost, temporaryDirectory } from './recording-host.ts'

/** The part under test with a host at its other end; both end with the test. */
export function makeAgent(options: Partial<ScriptRunsOptions> = {}) {
  const stateDir = options.stateDir ?? temporaryDirectory()
  const runs = makeScriptRuns({ logger: silentLogger, ...options, stateDir })
  onTestFinished(() => runs.stop())
  return { stateDir, runs, host: new RecordingHost(runs) }
}

/** A zombie has ended: only its parent has not asked yet, and in a container nobody may. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
