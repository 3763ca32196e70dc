import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DurableStore } from './durable-store.ts'
import { blankState } from './initial-state.ts'
import { seededRandom } from './seeded-random.ts'
import type { DiskState } from './state.ts'

let file = ''
beforeEach(() => void (file = join(mkdtempSync(join(tmpdir(), 'slipway-store-')), 'state.jsonl')))
afterEach(() => rmSync(join(file, '..'), { recursive: true, force: true }))

const disk = (stamp: string): DiskState => ({ ...blankState(), stamp })
const open = () => new DurableStore(file, new Map([['disk:a', disk('start')]]))
const stampOf = (store: DurableStore, domain = 'disk:a') => {
  const state = store.get(domain)
  return state?.kind === 'disk' ? state.stamp : undefined
}

describe('the memory of a simulated machine', () => {
  it('shows a write at once and keeps it from the next flush on', () => {
    const store = open()
    store.write('disk:a', disk('written'))
    expect(stampOf(store)).toBe('written')
    expect(stampOf(open())).toBe('start')
    store.flush()
    expect(stampOf(open())).toBe('written')
  })

  it('keeps a prefix of each domain’s unflushed writes through a power cut, chosen by the seed', () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 40; seed += 1) {
      rmSync(file, { force: true })
      const store = open()
      for (const stamp of ['1', '2']) for (const domain of ['disk:a', 'disk:b']) store.write(domain, disk(stamp))
      store.powerCut(seededRandom(String(seed)))
      outcomes.add(`${stampOf(store)} ${stampOf(store, 'disk:b') ?? 'none'}`)
      expect(stampOf(open(), 'disk:b')).toBe(stampOf(store, 'disk:b'))
    }
    expect([...outcomes].sort()).toEqual([
      '1 1',
      '1 2',
      '1 none',
      '2 1',
      '2 2',
      '2 none',
      'start 1',
      'start 2',
      'start none',
    ])
  })

  it('forgets a last line that a dying process left torn, and refuses any other damage with the cure', () => {
    const store = open()
    store.write('disk:a', disk('whole'))
    store.flush()
    appendFileSync(file, '{"counters":{},"dom')
    expect(stampOf(open())).toBe('whole')
    writeFileSync(file, `${readFileSync(file, 'utf8')}not JSON\n`)
    expect(open).toThrow(/delete it to start with new disks/)
  })

  it('is readable by its owner alone, as a token is in it', () => {
    open().count('boots')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })
})
