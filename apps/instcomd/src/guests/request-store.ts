import type { HostOutgoing } from '@slipway/protocol'
import type { Transaction } from '../database/database.ts'

/** SQL over `guest_requests`. */
export const requestStore = {
  /** False when nobody serves the machine now: then nothing is written. */
  async write(
    tx: Transaction,
    input: { id: string; machineId: string; message: HostOutgoing; ms: number; channel: string },
  ): Promise<boolean> {
    const rows = await tx.query(
      `WITH w AS (
         INSERT INTO guest_requests (id, machine_id, message, expires_at)
         SELECT $1, g.machine_id, $3, clock_timestamp() + $4 * interval '1 ms'
           FROM guests g JOIN held_links l ON l.name = 'guest:' || g.machine_id AND l.owner = g.instance AND l.fence = g.fence
          WHERE g.machine_id = $2 AND g.session IS NOT NULL
         RETURNING machine_id
       )
       SELECT pg_notify($5, 'request:' || machine_id) FROM w`,
      [input.id, input.machineId, input.message, input.ms, input.channel],
    )
    return rows.length > 0
  },

  async answer(tx: Transaction, id: string): Promise<unknown> {
    const [row] = await tx.query<{ answer: unknown }>('SELECT answer FROM guest_requests WHERE id = $1', [id])
    return row?.answer ?? null
  },

  async take(
    tx: Transaction,
    machineId: string,
    instance: string,
  ): Promise<{ id: string; message: HostOutgoing; left_ms: number }[]> {
    return tx.query(
      `UPDATE guest_requests SET taken_by = $2
        WHERE machine_id = $1 AND taken_by IS NULL AND expires_at > clock_timestamp()
       RETURNING id, message, (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms`,
      [machineId, instance],
    )
  },

  async writeAnswer(tx: Transaction, input: { id: string; answer: unknown; channel: string }): Promise<void> {
    await tx.query(
      `WITH w AS (UPDATE guest_requests SET answer = $2 WHERE id = $1 RETURNING id)
       SELECT pg_notify($3, 'answer:' || id) FROM w`,
      [input.id, JSON.stringify(input.answer), input.channel],
    )
  },

  async remove(tx: Transaction, id: string): Promise<void> {
    await tx.query('DELETE FROM guest_requests WHERE id = $1', [id])
  },

  /** Those whose asker died. */
  async expire(tx: Transaction): Promise<void> {
    await tx.query("DELETE FROM guest_requests WHERE expires_at < clock_timestamp() - interval '1 minute'")
  },
}
