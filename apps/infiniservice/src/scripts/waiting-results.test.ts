import { silentLogger } from '@slipway/base'
import { describe, expect, test } from 'vitest'
import { eventually } from './testing/eventually.ts'
import { emptyResult } from './run-record.ts'
import { RunStore } from './run-store.ts'
import { makeAgent } from './testing/make-agent.ts'
import { pendingScript, temporaryDirectory } from './testing/recording-host.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const most = 1_000

/** As 1 000 runs without a host leave it, without 1 000 processes. */
async function journalResults(stateDir: string): Promise<void> {
  const store = new RunStore({ stateDir, logger: silentLogger, now: Date.now })
  store.recover()
  const numbers = Array.from({ length: most }, (_, index) => index)
  for (let from = 0; from < most; from += 50)
    await Promise.all(
      numbers.slice(from, from + 50).map(async (number) => {
        const script = pendingScript(`execution-${number}`, 'seq 1 2000')
        await store.accept(script)
        await store.started(script, 'mark')
        writeFileSync(join(store.directories.path(`execution-${number}.1`), 'stdout'), `${number}\n`.repeat(2_000))
        store.journal.ended(script, { ...emptyResult, exit_code: 0, stdout_bytes: 2_000 * (String(number).length + 1) })
      }),
    )
  await store.close()
}

describe('a thousand results that waited for the host', () => {
  test(
    'are all delivered with their output, a few at a time, over breaks and a link that is often full',
    { timeout: 60_000 },
    async () => {
      const stateDir = temporaryDirectory()
      await journalResults(stateDir)
      const { host, runs } = makeAgent({ stateDir })
      host.acks = false
      host.connect()
      expect(host.of('script_completion').length).toBeLessThanOrEqual(16)
      host.disconnect()
      host.acks = true
      host.room = 10
      host.connect()
      const completed = () => new Set(host.of('script_completion').map((each) => each.execution_id)).size
      await eventually(() => {
        host.room = 10
        runs.onDrain?.(host)
        expect(completed()).toBe(most)
      })
      for (const number of [0, 7, 999]) expect(host.output(`execution-${number}`)).toBe(`${number}\n`.repeat(2_000))
      host.room = Number.POSITIVE_INFINITY
      runs.onDrain?.(host)
      await runs.stop()
      const next = makeAgent({ stateDir })
      next.host.connect()
      expect(next.host.messages).toEqual([])
    },
  )
})
