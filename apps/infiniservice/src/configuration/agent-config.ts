import { logLevels } from '@slipway/base'
import * as z from 'zod/mini'
import type { ServerAddress } from '../link/websocket/dial-server.ts'

/**
 * The settings file: `config.json` in /etc/infiniservice or %ProgramData%\Infiniservice. Every field may be left out; an
 * unknown one is an error, so that a misspelt name is not silently without effect.
 */
export const agentConfigSchema = z.strictObject({
  /** The virtio-serial port; a unix socket or a named pipe in tests. */
  device: z.optional(z.string().check(z.minLength(1))),
  state_dir: z.optional(z.string().check(z.minLength(1))),
  /** Of each stream of a script; what is more is cut and said (`truncated`). */
  output_cap_bytes: z.optional(z.int().check(z.minimum(65_536), z.maximum(1024 ** 3))),
  metrics_interval_s: z.optional(z.number().check(z.minimum(1), z.maximum(86_400))),
  log_level: z.optional(z.enum(logLevels)),
  /** Set: the agent speaks WebSocket over mTLS to this server's machine port instead of virtio-serial. */
  server: z.optional(z.strictObject({ url: z.string().check(z.regex(/^(https|wss):\/\/[^/?#]+\/?$/)) })),
  /** The installer's note about the first boot. */
  first_boot_file: z.optional(z.string().check(z.minLength(1))),
})

/** The settings file as it is written. */
export type AgentConfigFile = z.infer<typeof agentConfigSchema>

/** What each setting has to be, for the message about a wrong one. */
export const settingMeaning: Readonly<Record<keyof AgentConfigFile, string>> = {
  device: 'the path of the virtio-serial port',
  state_dir: 'the path of a folder',
  output_cap_bytes: 'a whole number from 65536 to 1073741824',
  metrics_interval_s: 'a number of seconds from 1 to 86400',
  log_level: `one of ${logLevels.join(', ')}`,
  server: '{"url": "wss://HOST:PORT"} with the server’s machine port',
  first_boot_file: 'the path of a file',
}

/** What the agent runs with: defaults filled in. */
export interface AgentConfig {
  readonly vmId: string
  readonly secret: string | null
  readonly device: string
  readonly stateDir: string
  readonly outputCapBytes: number
  /** Wins over the host's at every handshake; null: the host says. */
  readonly metricsIntervalS: number | null
  readonly logLevel: (typeof logLevels)[number]
  /** The server's machine port and the CA that counts; null: virtio-serial. */
  readonly server: ServerAddress | null
  readonly firstBootFile: string
}
