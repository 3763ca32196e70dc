import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SerialLog } from './serial-log.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-serial-'))
  file = join(folder, 'serial')
  writeFileSync(file, '')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('text that comes later is found, without colours and carriage returns', async () => {
  const log = new SerialLog(file)
  const found = log.waitFor(/host=(\w+)\n/, { seconds: 10 })
  appendFileSync(file, '\u001b[1mho')
  appendFileSync(file, 'st=\u001b[0mvm1\r\n')
  expect((await found)[1]).toBe('vm1')
})

test('only what comes behind the mark counts', async () => {
  const log = new SerialLog(file)
  appendFileSync(file, 'login: first\n')
  const mark = await log.mark()
  const found = log.waitFor(/login: (\w+)\n/, { seconds: 10, from: mark })
  appendFileSync(file, 'login: second\n')
  expect((await found)[1]).toBe('second')
})

test('silence is an error that shows the last lines', async () => {
  appendFileSync(file, 'Kernel panic\n')
  const waiting = new SerialLog(file).waitFor(/login:/, { seconds: 0.2 })
  await expect(waiting).rejects.toThrow(/did not say \/login:\/ within 0.2 s; last:\nKernel panic/)
})
