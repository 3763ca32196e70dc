import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProgram, type ChildProgram } from './child-program.ts'
import type { Server } from './start-server.ts'

/** Starts simulated machines that enrol with a token of this server. */
export async function startMachines(options: {
  server: Server
  count: number
  dataDir: string
  discoveryPort: number
  faults?: readonly string[]
}): Promise<ChildProgram> {
  const { server, count, dataDir, discoveryPort } = options
  const made = await server.client.call('createEnrolmentToken', { body: { ttl_seconds: 3600, max_machines: 1000 } })
  await mkdir(dataDir, { recursive: true })
  const enrolment = join(dataDir, 'enrolment.json')
  await writeFile(enrolment, JSON.stringify({ token: made.token, ca_pem: made.ca_pem, instcomd: [] }), { mode: 0o600 })
  const flags = { machines: count, enrolment, 'data-dir': dataDir, 'discovery-port': discoveryPort }
  return startProgram('simulate', [
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(options.faults ?? []).flatMap((fault) => ['--fault', fault]),
  ])
}
