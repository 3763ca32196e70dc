import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RunJournal } from './run-journal.ts'
import { emptyResult } from './run-record.ts'
import { pendingScript, temporaryDirectory } from './testing/recording-host.ts'

const script = pendingScript('execution-1', 'echo x')
const id = { execution_id: 'execution-1', attempt: 1 }
const now = () => 1_000_000

function journalIn(stateDir: string, garbage: string[] = []) {
  const journal = new RunJournal({ stateDir, now })
  const { open, finished } = journal.load((why) => garbage.push(why))
  return { journal, open: [...open.values()], finished }
}

describe('a journal', () => {
  test('tells what was accepted, begun, ended and acknowledged, before it is synced too', async () => {
    const stateDir = temporaryDirectory()
    const { journal } = journalIn(stateDir)
    await journal.accept(script)
    expect(journalIn(stateDir).open).toEqual([{ id, script, mark: null, result: null }])
    await journal.started(script, 'mark')
    expect(journalIn(stateDir).open).toEqual([{ id, script: null, mark: 'mark', result: null }])
    journal.ended(script, { ...emptyResult, exit_code: 5 })
    expect(journalIn(stateDir).open).toMatchObject([{ script: null, result: { exit_code: 5 } }])
    journal.finished({ ...id, at: now(), result: emptyResult })
    expect(journalIn(stateDir)).toMatchObject({ open: [], finished: [{ ...id, at: now() }] })
    await journal.close()
  })

  test('has acceptance and start in it when a script is begun at once', async () => {
    const stateDir = temporaryDirectory()
    const { journal } = journalIn(stateDir)
    await journal.begin(script, 'mark')
    expect(journalIn(stateDir).open).toEqual([{ id, script: null, mark: 'mark', result: null }])
    expect(readFileSync(join(stateDir, 'journal'), 'utf8')).toMatch(/"accepted".*\n.*"started".*\n$/)
    expect(statSync(join(stateDir, 'journal')).mode & 0o777).toBe(0o600)
    journal.refused(script)
    expect(journalIn(stateDir).open).toEqual([])
  })

  test('a line that the power cut did not let be synced has not happened', async () => {
    const stateDir = temporaryDirectory()
    await journalIn(stateDir).journal.accept(script)
    appendFileSync(join(stateDir, 'journal'), '{"record":"started","execution_id":"execution-1","at')
    const next = journalIn(stateDir)
    expect(next.open).toMatchObject([{ script }])
    await next.journal.started(script, 'mark')
    expect(journalIn(stateDir).open).toMatchObject([{ script: null, mark: 'mark' }])
  })

  test('cut off at any byte tells of a run only what is whole, and never that a begun one waits', async () => {
    const stateDir = temporaryDirectory()
    const { journal } = journalIn(stateDir)
    await journal.begin(script, 'mark')
    journal.ended(script, emptyResult)
    await journal.close()
    const whole = readFileSync(join(stateDir, 'journal'))
    const started = whole.indexOf(10, whole.indexOf('"started"'))
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(join(stateDir, 'journal'), whole.subarray(0, length))
      const [run] = journalIn(stateDir).open
      if (length > started) expect(run?.script).toBe(null)
      expect(run?.result ?? null).toEqual(length === whole.length ? emptyResult : null)
    }
  })

  test('an illegible line may have been the start of any run that waited, so none of them is run, now or later', async () => {
    const stateDir = temporaryDirectory()
    await journalIn(stateDir).journal.accept(script)
    appendFileSync(join(stateDir, 'journal'), '\0\0\0\0\n')
    const later = pendingScript('execution-2', 'echo y')
    const other = new RunJournal({ stateDir, now })
    other.load(() => {})
    await other.accept(later)
    const expected = [{ id, script: null, mark: null, result: null }, { script: later }]
    const garbage: string[] = []
    const next = journalIn(stateDir, garbage)
    expect(next.open).toMatchObject(expected)
    await next.journal.close()
    expect(readFileSync(join(stateDir, 'set-aside', 'journal'), 'utf8')).toContain('\0')
    garbage.length = 0
    expect(journalIn(stateDir, garbage).open).toMatchObject(expected)
    expect(garbage).toEqual([])
  })
})
