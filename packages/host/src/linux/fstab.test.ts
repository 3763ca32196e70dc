import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fstabText } from './fstab.ts'

test('everything but the root may be missing, because each half of a mirror boots alone', () => {
  const text = fstabText([
    { uuid: 'aaaa-1', at: '/', type: 'ext4' },
    { uuid: 'ABCD-EF01', at: '/boot/efi', type: 'vfat' },
    { uuid: 'bbbb-2', at: 'none', type: 'swap' },
  ])
  expect(text.split('\n').slice(1)).toEqual([
    'UUID=aaaa-1 / ext4 errors=remount-ro 0 1',
    'UUID=ABCD-EF01 /boot/efi vfat umask=0077,nofail,x-systemd.device-timeout=5s 0 0',
    'UUID=bbbb-2 none swap sw,nofail,x-systemd.device-timeout=5s 0 0',
    '',
  ])
})

test('a mount point with spaces or line ends stays one field of one line', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (path) => {
      const lines = fstabText([{ uuid: 'u', at: `/${path}`, type: 'ext4' }]).split('\n')
      expect(lines).toHaveLength(3)
      expect(lines[1]?.split(' ')).toHaveLength(6)
    }),
  )
})
