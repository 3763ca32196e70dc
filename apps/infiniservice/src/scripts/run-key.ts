import { createHash } from 'node:crypto'

/** Names one try of one execution. */
export interface Attempt {
  readonly execution_id: string
  readonly attempt: number
}

/**
 * The directory name of a run. Ids come over the wire: anything but plain lower case (file systems that fold case, dots, device
 * names such as `con`) is replaced by its digest.
 */
export function runKey({ execution_id, attempt }: Attempt): string {
  const plain = /^[a-z0-9][a-z0-9-]{7,99}$/.test(execution_id)
  const name = plain ? execution_id : `_${createHash('sha256').update(execution_id).digest('hex')}`
  return `${name}.${attempt}`
}
