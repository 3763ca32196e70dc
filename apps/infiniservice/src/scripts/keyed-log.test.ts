import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KeyedLog } from './keyed-log.ts'
import { temporaryDirectory } from './testing/recording-host.ts'

function logIn(directory: string, slackBytes?: number) {
  const path = join(directory, 'log')
  const lost: unknown[] = []
  const log = new KeyedLog({ path, onLost: (error) => lost.push(error), ...(slackBytes ? { slackBytes } : {}) })
  const lines: string[] = []
  for (const { text, place } of log.lines()) {
    lines.push(text)
    log.keep(text.split(' ')[0] ?? '', place)
  }
  return { path, log, lines, lost }
}

describe('a keyed log', () => {
  test('keeps the last line of each key when it is written anew, whatever the lengths and characters', async () => {
    const directory = temporaryDirectory()
    const { log, path } = logIn(directory, 10_000)
    const value = (key: number, round: number) => `k${key} ${'é'.repeat(key * 37)}${round}`
    for (let round = 0; round < 200; round += 1) {
      for (let key = 0; key < 10; key += 1) log.put(`k${key}`, `k${key} before`, value(key, round))
      if (round === 150) log.drop('k3')
      if (round % 7 === 0) await log.sync()
    }
    await log.close()
    expect(statSync(path).size).toBeLessThan(60_000)
    const last = new Map(logIn(directory).lines.map((line) => [line.split(' ')[0], line]))
    for (let key = 0; key < 10; key += 1) expect(last.get(`k${key}`)).toBe(value(key, 199))
  })

  test('is a line longer than what is read at once', async () => {
    const directory = temporaryDirectory()
    const long = `long ${'x'.repeat(1_000_000)}`
    const { log } = logIn(directory)
    log.put('long', long)
    log.put('short', 'short')
    await log.close()
    expect(logIn(directory).lines).toEqual([long, 'short'])
  })

  test('loses a rest without its newline, and the next line does not continue it', async () => {
    const directory = temporaryDirectory()
    const first = logIn(directory)
    first.log.put('a', 'a 1')
    await first.log.close()
    appendFileSync(first.path, 'a 2')
    const second = logIn(directory)
    second.log.put('b', 'b 1')
    await second.log.close()
    expect(logIn(directory).lines).toEqual(['a 1', 'b 1'])
  })

  test('asked while it syncs, brings everything to the disk with one sync more', async () => {
    const { log } = logIn(temporaryDirectory())
    log.put('a', 'a 1')
    const first = log.sync()
    expect(log.sync()).toBe(first)
    log.put('b', 'b 1')
    const second = log.sync()
    expect(second).not.toBe(first)
    log.put('c', 'c 1')
    expect(log.sync()).toBe(second)
    await second
  })

  test('that was removed is written anew, and says so while it cannot be', async () => {
    const directory = temporaryDirectory()
    const { log, path, lost } = logIn(directory)
    log.put('a', 'a 1')
    await log.sync()
    rmSync(path)
    mkdirSync(join(path, 'in the way'), { recursive: true })
    log.put('b', 'b 1')
    await expect(log.sync()).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    rmSync(path, { recursive: true })
    log.put('c', 'c 1')
    await log.sync()
    expect(readFileSync(path, 'utf8')).toBe('a 1\nb 1\nc 1\n')
    log.put('a', 'a 2')
    await log.close()
    expect([logIn(directory).lines, lost]).toEqual([['a 1', 'b 1', 'c 1', 'a 2'], []])
  })
})
