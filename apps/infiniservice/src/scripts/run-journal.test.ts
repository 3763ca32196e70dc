import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FinishedRuns } from './finished-runs.ts'
import { RunJournal } from './run-journal.ts'
import { emptyResult } from './run-record.ts'
import { pendingScript, temporaryDirectory } from './testing/recording-host.ts'

const script = pendingScript('execution-1', 'echo x')
const now = () => 1_000_000

async function journalWith(more: string) {
  const stateDir = temporaryDirectory()
  const journal = new RunJournal({ stateDir, now })
  await journal.accept(script)
  appendFileSync(join(journal.directory('execution-1.1'), 'journal'), more)
  return { journal, load: () => [...new RunJournal({ stateDir, now }).load(() => {})] }
}

describe('a journal', () => {
  test('tells what was accepted, begun and ended', async () => {
    const { journal, load } = await journalWith('')
    expect(load()).toEqual([{ script, started: false, mark: null, result: null }])
    await journal.started(script, 'mark')
    expect(load()).toMatchObject([{ started: true, mark: 'mark', result: null }])
    await journal.ended(script, { ...emptyResult, exit_code: 5 })
    expect(load()).toMatchObject([{ started: true, result: { exit_code: 5 } }])
  })

  test('a line that the power cut did not let be synced has not happened', async () => {
    const { journal, load } = await journalWith('{"record":"started","at":"')
    expect(load()).toMatchObject([{ started: false }])
    await journal.started(script, 'mark')
    expect(load()).toMatchObject([{ started: true, mark: 'mark' }])
  })

  test('an illegible line may have been the start, so the script is not run again', async () => {
    const { load } = await journalWith('\0\0\0\0\n')
    expect(load()).toMatchObject([{ started: true, mark: null, result: null }])
  })
})

describe('finished runs', () => {
  const week = 7 * 24 * 3_600_000
  const finished = { ...emptyResult, exit_code: 3 }

  test('are known to the next agent for a week', async () => {
    const stateDir = temporaryDirectory()
    const runs = new FinishedRuns({ stateDir, now })
    await Promise.all([runs.add(script, finished), runs.add({ ...script, attempt: 2 }, finished)])
    expect(new FinishedRuns({ stateDir, now }).find(script)).toMatchObject({ attempt: 1, result: { exit_code: 3 } })
    expect(new FinishedRuns({ stateDir, now }).ofExecution('execution-1')).toHaveLength(2)
    expect(new FinishedRuns({ stateDir, now: () => now() + week + 1 }).find(script)).toBeNull()
  })

  test('are not lost by a line that was half written', async () => {
    const stateDir = temporaryDirectory()
    await new FinishedRuns({ stateDir, now }).add(script, finished)
    appendFileSync(join(stateDir, 'finished'), '{"execution_id":"exec')
    const next = new FinishedRuns({ stateDir, now })
    await next.add({ ...script, attempt: 2 }, finished)
    await next.add({ ...script, attempt: 3 }, finished)
    expect(new FinishedRuns({ stateDir, now }).ofExecution('execution-1')).toHaveLength(3)
  })

  test('are bounded in number, on disk too', async () => {
    const stateDir = temporaryDirectory()
    const runs = new FinishedRuns({ stateDir, now })
    const add = (index: number) => runs.add({ execution_id: `execution-${index}`, attempt: 1 }, finished)
    for (let from = 0; from < 10_000; from += 2_500)
      await Promise.all(Array.from({ length: 2_500 }, (_, index) => add(from + index)))
    const next = new FinishedRuns({ stateDir, now })
    expect(next.find({ execution_id: 'execution-0', attempt: 1 })).toBeNull()
    expect(next.find({ execution_id: 'execution-9999', attempt: 1 })).not.toBeNull()
    expect(next.find({ execution_id: 'execution-6000', attempt: 1 })).not.toBeNull()
  })
})
