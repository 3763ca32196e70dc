// The scripts' part in a process of its own, so that a test can kill it: messages of the host as lines on standard input, the
// agent's as lines on standard output. Argument: {"stateDir", "mostRunning"}.
import { silentLogger } from '@slipway/base'
import { hostToAgent, type HostMessage } from '@slipway/protocol'
import { createInterface } from 'node:readline'
import * as z from 'zod/mini'
import { makeScriptRuns } from '../make-script-runs.ts'

const optionsSchema = z.object({ stateDir: z.string(), mostRunning: z.number() })
const runs = makeScriptRuns({ logger: silentLogger, ...optionsSchema.parse(JSON.parse(process.argv[2] ?? '')) })
const session = { open: true, send: (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`) || true }
runs.onOpen?.(session)
createInterface({ input: process.stdin }).on('line', (line) => {
  const message: HostMessage = z
    .union([hostToAgent.pending_scripts_response, hostToAgent.script_ack])
    .parse(JSON.parse(line))
  runs.onMessage(message, session)
})
