import type { Transaction } from '../database/database.ts'

/** One point of the history as it is written. */
export interface HistoryPoint {
  readonly machine_id: string
  /** Start of the minute. */
  readonly at: string
  readonly cpu_percent: number
  readonly memory_used_kb: number
  readonly memory_total_kb: number
  readonly disk_used_gb: number
  readonly disk_total_gb: number
  readonly network_receive_rate: number | null
  readonly network_send_rate: number | null
}

type PointRow = Omit<HistoryPoint, 'machine_id' | 'at'> & { readonly at: Date }

const columns =
  'cpu_percent, memory_used_kb, memory_total_kb, disk_used_gb, disk_total_gb, network_receive_rate, network_send_rate'

/** Finer figures are kept shorter: a minute's for a day, five minutes' for a month, an hour's for a year. */
const kept = [
  { resolution: 60, seconds: 86_400 },
  { resolution: 300, seconds: 30 * 86_400 },
  { resolution: 3600, seconds: 366 * 86_400 },
] as const

/** Points of the last `seconds`, oldest first, in the finest resolution that reaches back so far. */
export async function readHistory(tx: Transaction, machineId: string, seconds: number) {
  const { resolution } = kept.find((level) => seconds <= level.seconds) ?? kept[2]
  const rows = await tx.query<PointRow>(
    `SELECT at, ${columns} FROM guest_metrics_history
      WHERE machine_id = $1 AND resolution = $2 AND at >= now() - make_interval(secs => $3) ORDER BY at`,
    [machineId, resolution, seconds],
  )
  const points = rows.map((row) => ({ ...row, at: row.at.toISOString() }))
  return { resolution_seconds: resolution, points }
}

/** Writes minutes that are over, of many machines at once. A minute that is there already stays. */
export async function writeMinutes(tx: Transaction, points: readonly HistoryPoint[]): Promise<void> {
  await tx.query(
    `INSERT INTO guest_metrics_history (resolution, machine_id, at, ${columns})
     SELECT 60, n.machine_id, n.at, ${columns
       .split(', ')
       .map((name) => `n.${name}`)
       .join(', ')}
       FROM jsonb_to_recordset($1::jsonb) AS n (machine_id text, at timestamptz, cpu_percent real,
         memory_used_kb float8, memory_total_kb float8, disk_used_gb float8, disk_total_gb float8,
         network_receive_rate float8, network_send_rate float8)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(points)],
  )
}

/** Sums minutes up to five minutes and those to hours, for spans that are over; one that is there already stays. */
export async function rollUp(tx: Transaction): Promise<void> {
  for (const [from, to, graceSeconds] of [
    [60, 300, 90],
    [300, 3600, 180],
  ] as const)
    await tx.query(
      `INSERT INTO guest_metrics_history (resolution, machine_id, at, ${columns})
       SELECT $2::smallint, machine_id, to_timestamp(floor(extract(epoch FROM at) / $2) * $2) AS span,
              avg(cpu_percent), avg(memory_used_kb), max(memory_total_kb), avg(disk_used_gb), max(disk_total_gb),
              avg(network_receive_rate), avg(network_send_rate)
         FROM guest_metrics_history
        WHERE resolution = $1 AND at >= to_timestamp(floor(extract(epoch FROM now()) / $2) * $2 - 3 * $2)
          AND at < to_timestamp(floor((extract(epoch FROM now()) - $3) / $2) * $2)
        GROUP BY machine_id, span
       ON CONFLICT DO NOTHING`,
      [from, to, graceSeconds],
    )
}

/** Removes what is older than its resolution is kept. */
export async function expireHistory(tx: Transaction): Promise<void> {
  for (const { resolution, seconds } of kept)
    await tx.query(
      'DELETE FROM guest_metrics_history WHERE resolution = $1 AND at < now() - make_interval(secs => $2)',
      [resolution, seconds],
    )
}
