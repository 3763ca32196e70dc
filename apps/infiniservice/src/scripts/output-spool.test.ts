import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { OutputSpool } from './output-spool.ts'
import { PieceSender } from './piece-sender.ts'
import { temporaryDirectory } from './testing/recording-host.ts'

const makeSpool = (directory: string, capBytes = 1000) =>
  new OutputSpool({ directory, name: 'stdout', capBytes, ended: false })
const reopened = (directory: string) => new OutputSpool({ directory, name: 'stdout', capBytes: 1000, ended: true })

describe('a spool', () => {
  test('keeps what fits, counts everything, and has the tail of what was really last', () => {
    const directory = temporaryDirectory()
    const spool = makeSpool(directory)
    spool.append(Buffer.from('a'.repeat(999)))
    spool.append(Buffer.from('bc'))
    for (let round = 0; round < 100; round += 1) spool.append(Buffer.alloc(5000, 'd'))
    spool.append(Buffer.from('the end'))
    spool.end()
    expect(spool).toMatchObject({ kept: 1000, written: 999 + 2 + 500_000 + 7, truncated: true })
    for (const each of [spool, reopened(directory)]) {
      expect(each.tail()).toHaveLength(64 * 1024)
      expect(each.tail().endsWith('dthe end')).toBe(true)
      expect(each.read(998, 100).toString()).toBe('ab')
    }
  })

  test('the tail of a little more than the cap is whole', () => {
    const spool = makeSpool(temporaryDirectory(), 3)
    spool.append(Buffer.from('abcde'))
    spool.append(Buffer.from('f'))
    spool.end()
    expect([spool.tail(), spool.kept]).toEqual(['abcdef', 3])
  })

  test('that cannot be written goes on counting, so that the script goes on', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'file'), '')
    const spool = makeSpool(join(directory, 'file'))
    spool.append(Buffer.from('lost'))
    spool.end()
    expect(spool).toMatchObject({ kept: 0, written: 4, truncated: true })
    expect(spool.tail()).toBe('lost')
  })
})

describe('pieces', () => {
  const collect = () => {
    const sent: [number, string][] = []
    return { sent, send: (seq: number, text: string) => sent.push([seq, text]) > 0 }
  }

  test('have the same numbers and bytes for the next agent, from the first that is not acknowledged', () => {
    const directory = temporaryDirectory()
    const spool = makeSpool(directory)
    const sender = new PieceSender(spool)
    const first = collect()
    for (const text of ['one', 'two', 'three']) {
      spool.append(Buffer.from(text))
      sender.pump(first.send)
    }
    expect(first.sent).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ])
    expect(sender.ack(2)).toBe(true)
    expect(sender.ack(1)).toBe(false)
    sender.rewind()
    const again = collect()
    sender.pump(again.send)
    expect(again.sent).toEqual([[3, 'three']])
    spool.append(Buffer.from('four'))
    spool.end()
    const next = new PieceSender(reopened(directory))
    const later = collect()
    next.pump(later.send)
    expect(later.sent).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
    ])
    expect([next.allSent, next.allAcked]).toEqual([true, false])
    next.ack(4)
    expect(next.allAcked).toBe(true)
  })

  test('that the host already has are skipped after a restart', () => {
    const directory = temporaryDirectory()
    const spool = makeSpool(directory)
    const sender = new PieceSender(spool)
    for (const text of ['one', 'two', 'three']) {
      spool.append(Buffer.from(text))
      sender.pump(() => true)
    }
    spool.end()
    const next = new PieceSender(reopened(directory))
    next.ack(2)
    const later = collect()
    next.pump(later.send)
    expect(later.sent).toEqual([[3, 'three']])
    next.ack(1_000_000)
    expect(next.allAcked).toBe(true)
  })

  test('that the link refuses are sent unchanged when it has room, with what came meanwhile after them', () => {
    const spool = makeSpool(temporaryDirectory())
    const sender = new PieceSender(spool)
    spool.append(Buffer.from('one'))
    expect(sender.pump(() => false)).toBe(false)
    spool.append(Buffer.from('two'))
    const later = collect()
    expect(sender.pump(later.send)).toBe(true)
    expect(later.sent).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
  })
})
