import type { EventType } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

/** What happened, to be appended in the transaction that changed the domain object. */
export interface NewEvent {
  readonly type: EventType
  /** `machines.*` carry machine_id; `installation.*` carry installation_id, machine_id, status. No secrets. */
  readonly data: Readonly<Record<string, unknown>>
  /** Principal's name, or `instcomd` for what it does by itself. */
  readonly actor: string
  readonly sourceAddress?: string
  readonly requestId?: string
}

/**
 * Appends an event, or several in order in one statement, in the transaction that changed the domain object. Each gets its sequence number right after the
 * commit (see 0001-platform.sql), so there is none to return; in tests `sequenceEvents(database)` does it at once.
 */
export type AppendEvent = (tx: Transaction, event: NewEvent | readonly NewEvent[]) => Promise<void>
