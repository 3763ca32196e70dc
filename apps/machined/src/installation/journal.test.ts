import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { smallInventory } from '../testing/small-host.ts'
import { smallLayers, smallPlan } from '../testing/small-plan.ts'
import { Journal } from './journal.ts'

const plan = smallPlan(smallInventory(), smallLayers(1))
const header = { type: 'opened', installation_id: 'ins_1', plan_sha256: 'x', plan } as const
const line = { type: 'log', level: 'info', step_id: null, message: 'm' } as const
const end = { type: 'ended', outcome: 'installed', error: null } as const

async function newFile(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'slipway-journal-')), 'ins_1.ndjson')
}

async function seqs(journal: Journal, after: number): Promise<number[]> {
  const seen: number[] = []
  for await (const event of journal.follow(after, AbortSignal.timeout(5000))) seen.push(event.seq)
  return seen
}

describe('the journal of an installation', () => {
  it('has nothing behind its end, even what was under way at the same moment', async () => {
    const file = await newFile()
    const journal = await Journal.create(file, header)
    await Promise.all([
      journal.append(line, { flush: false }),
      journal.append(end, { flush: true }),
      journal.append(end, { flush: true }),
      journal.append(line, { flush: false }),
    ])
    expect(journal.events.map((event) => event.type)).toEqual(['log', 'ended'])
    expect((await readFile(file, 'utf8')).match(/"ended"/g)).toHaveLength(1)
    await expect(journal.delivered.then(() => 'heard')).resolves.toBe(await seqs(journal, 0).then(() => 'heard'))
  })

  it('goes on behind the number that instcomd has stored, and replays what it has itself', async () => {
    const journal = await Journal.create(await newFile(), header)
    journal.advanceTo(40)
    await journal.append(line, { flush: false })
    await journal.append(end, { flush: true })
    expect(await seqs(journal, 40)).toEqual([41, 42])
    expect(await seqs(journal, 41)).toEqual([42])
  })

  it('survives a cut at any byte: what was whole before it stays, and it can be written on', async () => {
    const file = await newFile()
    const journal = await Journal.create(file, header)
    for (let count = 0; count < 5; count += 1) await journal.append(line, { flush: false })
    await journal.close()
    const bytes = await readFile(file)
    const first = bytes.indexOf(0x0a) + 1
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (cut) => {
        await writeFile(file, bytes.subarray(0, cut))
        const again = await Journal.reopen(file)
        if (cut < first) {
          expect(again).toBeNull()
          return
        }
        const whole = bytes.subarray(first, cut).toString().split('\n').length - 1
        expect(again?.events).toHaveLength(whole)
        await again?.append(end, { flush: true })
        const third = await Journal.reopen(file)
        expect(third?.events.map((event) => event.seq)).toEqual(
          Array.from({ length: whole + 1 }, (_, index) => index + 1),
        )
        expect(third?.hasEnded).toBe(true)
        await third?.close()
      }),
      { numRuns: 40 },
    )
  })

  it('refuses an installation id that was used before', async () => {
    const file = await newFile()
    await (await Journal.create(file, header)).close()
    await expect(Journal.create(file, header)).rejects.toMatchObject({ code: 'EEXIST' })
  })
})
