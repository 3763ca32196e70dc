import { expect, test } from 'vitest'
import { DialQueue } from './dial-queue.ts'

test('the wait grows to fifteen seconds while connections end without a handshake, and starts over after one', () => {
  let now = 0
  const dialled: string[] = []
  const queue = new DialQueue({ dial: (id) => dialled.push(id), elapsed: () => now, random: () => 1 })
  queue.add('a')
  const waits: (number | null)[] = []
  for (let index = 0; index < 8; index += 1) {
    queue.sweep()
    queue.connected('a') // a socket that takes connections and says nothing is no success
    waits.push(queue.ended('a'))
    now += waits.at(-1) ?? 0
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
  expect(dialled).toHaveLength(8)
  now -= 1
  queue.sweep()
  expect(dialled, 'not before its time').toHaveLength(8)
  now += 1
  queue.sweep()
  queue.reset('a')
  expect(queue.ended('a')).toBe(500)
})

test('the wait is anything from nothing to its ceiling', () => {
  const queue = new DialQueue({ dial: () => undefined, elapsed: () => 0, random: () => 0.25 })
  queue.add('a')
  expect([queue.ended('a'), queue.ended('a')]).toEqual([125, 250])
})

test('no more than 64 connects are under way at once, and a removed one is not tried again', () => {
  const dialled: string[] = []
  const queue = new DialQueue({ dial: (id) => dialled.push(id), elapsed: () => 0 })
  for (let index = 0; index < 100; index += 1) queue.add(`m${index}`)
  queue.sweep()
  expect(dialled).toHaveLength(64)
  queue.connected('m0')
  queue.remove('m1')
  expect(queue.ended('m1')).toBeNull()
  queue.sweep()
  expect(dialled).toHaveLength(66)
  expect(dialled.filter((id) => id === 'm1')).toHaveLength(1)
})
