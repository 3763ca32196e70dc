import { expect, test } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { expireHistory, readHistory, rollUp, writeMinutes, type HistoryPoint } from './metrics-history.ts'
import { MetricsSeries, type Sample } from './metrics-series.ts'

const sample = (change: Partial<Sample> = {}): Sample => ({
  cpu_percent: 10,
  memory_used_kb: 100,
  memory_total_kb: 1000,
  disk_used_gb: 1,
  disk_total_gb: 10,
  received: 0,
  sent: 0,
  ...change,
})

test('a minute is the mean of its samples; rates come from counters, and a counter that fell tells nothing', () => {
  const series = new MetricsSeries('m')
  const start = Date.parse('2026-01-01T00:00:00Z')
  expect(series.add(sample({ cpu_percent: 20, received: 1000 }), start)).toBeNull()
  expect(series.add(sample({ cpu_percent: 40, received: 4000, sent: 300 }), start + 30_000)).toBeNull()
  expect(series.isOver(start + 59_999)).toBe(false)
  expect(series.isOver(start + 60_000)).toBe(true)
  expect(series.add(sample({ received: 5 }), start + 60_000)).toEqual({
    machine_id: 'm',
    at: '2026-01-01T00:00:00.000Z',
    cpu_percent: 30,
    memory_used_kb: 100,
    memory_total_kb: 1000,
    disk_used_gb: 1,
    disk_total_gb: 10,
    network_receive_rate: 100,
    network_send_rate: 10,
  })
  expect(series.end()).toMatchObject({ at: '2026-01-01T00:01:00.000Z', network_receive_rate: null })
  expect(series.end()).toBeNull()
})

test('minutes are summed up to five minutes and hours once those are over, and each is removed in its time', async () => {
  const database = await makeTestDatabase()
  await database.query("INSERT INTO machines (machine_id) VALUES ('m')")
  const hour = Math.floor((Date.now() - 200_000) / 3_600_000) * 3_600_000 - 3_600_000 // over, and its grace too
  const point = (at: number, cpu: number): HistoryPoint => ({
    machine_id: 'm',
    at: new Date(at).toISOString(),
    cpu_percent: cpu,
    memory_used_kb: cpu,
    memory_total_kb: 8,
    disk_used_gb: 1,
    disk_total_gb: 2,
    network_receive_rate: cpu === 0 ? null : cpu,
    network_send_rate: null,
  })
  const last = Math.floor((Date.now() - 400_000) / 300_000) * 300_000
  const minutes = [0, 2, 4, 6].map((cpu, index) => point(last + index * 60_000, cpu))
  await writeMinutes(database, [...minutes, point(Date.now() - 90_000_000, 50)])
  await writeMinutes(database, [point(last, 99)]) // written already
  for (let round = 0; round < 2; round += 1) await database.transaction(rollUp)
  const fives = await readHistory(database, 'm', 7 * 86_400)
  expect(fives).toMatchObject({ resolution_seconds: 300, points: [{ cpu_percent: 3, network_receive_rate: 4 }] })
  expect(fives.points[0]?.at).toBe(new Date(last).toISOString())
  await database.query(
    `INSERT INTO guest_metrics_history SELECT 300, to_timestamp($1), machine_id, 7, 1, 1, 1, 1, 1, 1 FROM machines`,
    [hour / 1000],
  )
  await database.transaction(rollUp)
  const hours = await readHistory(database, 'm', 300 * 86_400)
  expect(hours).toMatchObject({ resolution_seconds: 3600 })
  expect(hours.points.some(({ at }) => at === new Date(hour).toISOString())).toBe(true)
  await expireHistory(database)
  const [row] = await database.query<{ count: number }>(
    'SELECT count(*) AS count FROM guest_metrics_history WHERE resolution = 60',
  )
  expect(row?.count, 'the minute of yesterday is gone').toBe(4)
})
