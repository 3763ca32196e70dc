import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listEntries, removeBootEnvironment, setTries, writeToEsp } from './esp.ts'

let esp = ''
beforeEach(async () => {
  esp = await mkdtemp(join(tmpdir(), 'slipway-esp-'))
  await writeToEsp(join(esp, 'loader/entries/slipway-old.conf'), 'old\n')
  await writeToEsp(join(esp, 'loader/entries/slipway-new+0.conf'), 'new\n')
  await writeToEsp(join(esp, 'loader/entries/debian.conf'), 'foreign\n')
  await writeToEsp(join(esp, 'EFI/slipway/new/vmlinuz'), 'kernel')
})
afterEach(() => rm(esp, { recursive: true }))

const names = async () => (await readdir(join(esp, 'loader/entries'))).sort()

describe('boot environments on an ESP', () => {
  test('one try is a new file name and the same contents', async () => {
    await setTries(esp, 'new', 1)
    await setTries(esp, 'new', 1)
    expect(await names()).toEqual(['debian.conf', 'slipway-new+1.conf', 'slipway-old.conf'])
    expect(await readFile(join(esp, 'loader/entries/slipway-new+1.conf'), 'utf8')).toBe('new\n')
  })

  test('confirming takes the count away, also after the loader counted down', async () => {
    await writeToEsp(join(esp, 'loader/entries/slipway-new+0-1.conf'), 'new\n')
    await setTries(esp, 'new', null)
    expect(await names()).toEqual(['debian.conf', 'slipway-new.conf', 'slipway-old.conf'])
  })

  test('a boot environment without an entry cannot be activated', async () => {
    await expect(setTries(esp, 'other', 1)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('removing one leaves the others and everybody else’s', async () => {
    await removeBootEnvironment(esp, 'new')
    expect(await names()).toEqual(['debian.conf', 'slipway-old.conf'])
    expect((await listEntries(esp)).map((entry) => entry.bootEnvironment)).toEqual(['old'])
    expect(await readdir(join(esp, 'EFI/slipway'))).toEqual([])
  })
})
