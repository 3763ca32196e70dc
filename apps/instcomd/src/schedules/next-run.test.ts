import type { ScheduleTiming } from '@slipway/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkCron, nextCronTime } from './cron-times.ts'
import { dueRuns, firstRun, graceMs } from './next-run.ts'
import { parseTime } from './parse-time.ts'

const at = (text: string) => new Date(text)
const minute = 60_000

describe('cron times', () => {
  it('run once right after the hour that a zone skips', () => {
    // Europe/Berlin goes from 02:00 to 03:00 on 2026-03-29.
    const first = nextCronTime('30 2 * * *', 'Europe/Berlin', at('2026-03-28T12:00:00Z'))
    expect(first?.toISOString()).toBe('2026-03-29T01:00:00.000Z')
    expect(nextCronTime('30 2 * * *', 'Europe/Berlin', first ?? at('0'))?.toISOString()).toBe(
      '2026-03-30T00:30:00.000Z',
    )
  })

  it('run once in the hour that comes twice', () => {
    // Europe/Berlin goes from 03:00 back to 02:00 on 2026-10-25.
    const first = nextCronTime('30 2 * * *', 'Europe/Berlin', at('2026-10-24T12:00:00Z'))
    expect(first?.toISOString()).toBe('2026-10-25T00:30:00.000Z')
    expect(nextCronTime('30 2 * * *', 'Europe/Berlin', first ?? at('0'))?.toISOString()).toBe(
      '2026-10-26T01:30:00.000Z',
    )
  })

  it('of every hour neither stop nor repeat at either change', () => {
    for (const day of ['2026-03-29', '2026-10-25']) {
      let time = at(`${day}T00:00:00Z`)
      const until = time.getTime() + 24 * 60 * minute
      let count = 0
      for (; ; count += 1) {
        const next = nextCronTime('0 * * * *', 'Europe/Berlin', time)
        if (!next || next.getTime() > until) break
        expect(next.getTime()).toBeGreaterThan(time.getTime())
        time = next
      }
      expect(count).toBe(24)
    }
  })

  it('are refused when they mean nothing', () => {
    const now = at('2026-01-01T00:00:00Z')
    for (const cron of ['* * * *', '61 * * * *', '* * * * * *', 'a b c d e', '@reboot'])
      expect(() => checkCron(cron, 'UTC', now)).toThrow(expect.objectContaining({ code: 'invalid-request' }))
    expect(() => checkCron('0 0 30 2 *', 'UTC', now)).toThrow(/never comes/)
    expect(() => checkCron('0 0 * * *', 'Mars/Base', now)).toThrow(/time_zone/)
  })
})

describe('due runs', () => {
  const every: ScheduleTiming = { kind: 'every', interval_minutes: 10 }
  const next = at('2026-01-01T00:00:00Z')
  const now = at('2026-01-01T01:05:00Z')

  it.each([
    ['run_once', 1, 6, '2026-01-01T01:00:00.000Z'],
    ['catch_up', 7, 0, '2026-01-01T01:00:00.000Z'],
    ['skip', 0, 7, undefined],
  ] as const)('after an hour without a server, %s', (missed, runs, lost, last) => {
    const due = dueRuns({ timing: every, next, made: 0, missed }, now)
    expect([due.runs.length, due.missed, due.runs.at(-1)?.toISOString()]).toEqual([runs, lost, last])
    expect(due.next?.toISOString()).toBe('2026-01-01T01:10:00.000Z')
  })

  it('end at maxExecutions', () => {
    const timing: ScheduleTiming = { ...every, max_executions: 3 }
    expect(dueRuns({ timing, next, made: 2, missed: 'run_once' }, next)).toMatchObject({
      next: null,
      ended: 'maxExecutions reached',
    })
    expect(dueRuns({ timing, next, made: 0, missed: 'catch_up' }, now).runs).toHaveLength(3)
  })

  it('of one time end after it', () => {
    expect(dueRuns({ timing: { kind: 'at', at: next.toISOString() }, next, made: 0, missed: 'run_once' }, now)).toEqual(
      {
        runs: [next],
        missed: 0,
        next: null,
        ended: 'it has run',
      },
    )
  })

  it('never make a run that is early or twice, and always move on', () => {
    const timings = fc.oneof(
      fc
        .integer({ min: 1, max: 5000 })
        .map((interval_minutes): ScheduleTiming => ({ kind: 'every', interval_minutes })),
      fc
        .constantFrom('* * * * *', '*/7 3 * * 1', '30 2 * * *')
        .map((cron): ScheduleTiming => ({ kind: 'cron', cron, time_zone: 'America/New_York' })),
    )
    fc.assert(
      fc.property(
        timings,
        fc.constantFrom('skip' as const, 'run_once' as const, 'catch_up' as const),
        fc.integer({ min: 0, max: 40 * 1440 }),
        (timing, missed, late) => {
          const start = firstRun(timing, at('2026-10-30T00:00:30Z')) ?? next
          const moment = new Date(start.getTime() + late * minute)
          const due = dueRuns({ timing, next: start, made: 0, missed }, moment)
          const times = due.runs.map((run) => run.getTime())
          expect(new Set(times).size).toBe(times.length)
          expect(times.every((time) => time >= start.getTime() && time <= moment.getTime())).toBe(true)
          if (missed === 'skip') expect(times.every((time) => moment.getTime() - time <= graceMs)).toBe(true)
          expect(due.next?.getTime()).toBeGreaterThan(moment.getTime())
        },
      ),
      { numRuns: 40 },
    )
  })
})

it('a time has its zone', () => {
  expect(parseTime('2026-03-29T02:30:00+02:00', 'at').toISOString()).toBe('2026-03-29T00:30:00.000Z')
  for (const text of ['2026-03-29T02:30:00', 'tomorrow', '2026-13-01T00:00:00Z', ''])
    expect(() => parseTime(text, 'at')).toThrow(/is not a time with its zone/)
})

it('after a month without a server the newest times of a cron expression count', () => {
  const timing: ScheduleTiming = { kind: 'cron', cron: '*/5 * * * *', time_zone: 'Europe/Berlin' }
  const due = dueRuns(
    { timing, next: at('2026-10-01T00:00:00Z'), made: 0, missed: 'catch_up' },
    at('2026-11-01T00:07:00Z'),
  )
  expect([due.runs.length, due.runs.at(-1)?.toISOString(), due.next?.toISOString()]).toEqual([
    100,
    '2026-11-01T00:05:00.000Z',
    '2026-11-01T00:10:00.000Z',
  ])
})
