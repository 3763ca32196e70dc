import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FinishedRuns } from './finished-runs.ts'
import { RunJournal } from './run-journal.ts'
import { emptyResult } from './run-record.ts'
import { temporaryDirectory } from './testing/recording-host.ts'

const week = 7 * 24 * 3_600_000
const finished = { ...emptyResult, exit_code: 3 }
const run = { execution_id: 'execution-1', attempt: 1 }

function runsIn(stateDir: string, now: () => number) {
  const journal = new RunJournal({ stateDir, now, slackBytes: 100_000 })
  const runs = new FinishedRuns({ journal, now })
  for (const each of journal.load(() => {}).finished) runs.restore(each)
  return { runs, journal }
}

describe('finished runs', () => {
  test('are known to the next agent for a week', async () => {
    const stateDir = temporaryDirectory()
    const { runs, journal } = runsIn(stateDir, () => 1_000)
    runs.add(run, finished)
    runs.add({ ...run, attempt: 2 }, finished)
    await journal.close()
    const next = runsIn(stateDir, () => 1_000 + week)
    expect(next.runs.find(run)).toMatchObject({ attempt: 1, result: { exit_code: 3 } })
    expect(next.runs.ofExecution('execution-1')).toHaveLength(2)
    expect(runsIn(stateDir, () => 1_001 + week).runs.find(run)).toBeNull()
  })

  test('are bounded in number, on disk too', async () => {
    const stateDir = temporaryDirectory()
    const { runs, journal } = runsIn(stateDir, () => 1_000)
    for (let number = 0; number < 10_000; number += 1) {
      runs.add({ execution_id: `execution-${number}`, attempt: 1 }, finished)
      if (number % 500 === 499) await journal.sync()
    }
    await journal.close()
    const { size } = statSync(join(stateDir, 'journal'))
    const next = runsIn(stateDir, () => 1_000)
    const find = (number: number) => next.runs.find({ execution_id: `execution-${number}`, attempt: 1 })
    expect([find(0), find(5_999)]).toEqual([null, null])
    expect([find(6_000), find(9_999)]).toMatchObject([{ attempt: 1 }, { attempt: 1 }])
    // Twice what 4 000 of them need.
    expect(size).toBeLessThan(8_000 * 350)
  })
})
