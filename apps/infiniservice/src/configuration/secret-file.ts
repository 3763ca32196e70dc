import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { SessionSecret } from '../session/session-secret.ts'
import { writeDurably } from '../durable-file.ts'
import { withEnvValue } from './env-file.ts'

/** The variable that carries the machine's secret, in agent.env and nowhere else after the start. */
export const secretVariable = 'INFINISERVICE_SHARED_SECRET'

/** The shared secret as kept in `agent.env`: a new one is on disk (0600, whole) before it is used. */
export function makeSecretFile(path: string, initial: string | null): SessionSecret {
  let value = initial
  return {
    current: () => value,
    async store(secret) {
      const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
      rmSync(`${path}.new`, { force: true }) // left by a power cut, perhaps with another mode
      writeDurably(path, withEnvValue(text, secretVariable, secret))
      value = secret
    },
  }
}
