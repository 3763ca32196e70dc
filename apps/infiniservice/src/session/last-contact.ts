import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '@slipway/base'
import * as z from 'zod/mini'
import { writeDurably } from '../durable-file.ts'
import type { SessionPart } from './host-session.ts'

/** What the last handshake showed, for `--diagnose`: only the host can say how far our clock is off. */
const lastContactSchema = z.object({ at: z.string(), server_time: z.string(), version: z.string() })
export type LastContact = z.infer<typeof lastContactSchema>

const fileOf = (stateDir: string) => join(stateDir, 'last-contact.json')

/** Writes down every answered handshake. */
export function makeLastContactPart(options: { stateDir: string; version: string; logger: Logger }): SessionPart {
  return {
    onMessage(message) {
      if (message.type !== 'handshake_ack') return false
      const contact = { at: new Date().toISOString(), server_time: message.server_time, version: options.version }
      try {
        writeDurably(fileOf(options.stateDir), `${JSON.stringify(contact)}\n`)
      } catch (error) {
        options.logger.warn({ error: String(error) }, 'the last contact could not be written down')
      }
      return false // others want the answer too
    },
  }
}

/** Null when there was none, or when its note makes no sense. */
export function readLastContact(stateDir: string): LastContact | null {
  try {
    return lastContactSchema.parse(JSON.parse(readFileSync(fileOf(stateDir), 'utf8')))
  } catch {
    return null
  }
}
