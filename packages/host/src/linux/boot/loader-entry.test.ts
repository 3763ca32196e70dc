import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryFileName, entryText, parseEntryFileName } from './loader-entry.ts'

describe('boot loader entries', () => {
  test('name the kernel below the boot environment’s own folder', () => {
    const options = ['root=ZFS=rpool/ROOT/be-1', 'rw', 'console=ttyS0']
    expect(entryText({ bootEnvironment: 'be-1', version: '20261122180000', options })).toBe(
      [
        'title Slipway be-1',
        'sort-key slipway',
        'version 20261122180000',
        'linux /EFI/slipway/be-1/vmlinuz',
        'initrd /EFI/slipway/be-1/initrd.img',
        'options root=ZFS=rpool/ROOT/be-1 rw console=ttyS0',
        '',
      ].join('\n'),
    )
  })

  test('the file name and its count of tries read back', () => {
    const environment = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/)
    const tries = fc.option(fc.integer({ min: 0, max: 9 }))
    fc.assert(
      fc.property(environment, tries, (bootEnvironment, triesLeft) => {
        expect(parseEntryFileName(entryFileName(bootEnvironment, triesLeft))).toEqual({ bootEnvironment, triesLeft })
      }),
    )
    expect(parseEntryFileName('slipway-be-2+0-1.conf')).toEqual({ bootEnvironment: 'be-2', triesLeft: 0 })
    expect(parseEntryFileName('debian.conf')).toBeNull()
  })

  test('no value can end its line', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const entry = { bootEnvironment: 'be', version: '1', options: [value] }
        try {
          expect(entryText(entry).split('\n')).toHaveLength(7)
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-request' })
        }
      }),
    )
  })
})
