import { startProgram, type ChildProgram } from './child-program.ts'
import type { Server } from './start-server.ts'

/** Starts `slipway simulate` with these arguments against a server; `--adopt` among them enters the guests as machines. */
export function startSimulatedGuests(options: {
  server: Pick<Server, 'url' | 'token'>
  args: readonly string[]
}): ChildProgram {
  const { server, args } = options
  const env = { SLIPWAY_URL: server.url, SLIPWAY_TOKEN: server.token, SLIPWAY_LOG: 'warn' }
  return startProgram('slipway', ['simulate', ...args], env)
}
