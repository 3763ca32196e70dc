import { describe, expect, test } from 'vitest'
import { parseBeadmList } from './boot-control.ts'
import { parseDiskinfo, parseSerials, selectIllumosDisk, wwnOf } from './disks.ts'
import { parseMountedDisks, parsePoolDevices } from './disk-use.ts'
import { dateOperand } from './make-illumos-host.ts'
import { parseAddresses, parseSmbios } from './read-inventory.ts'
import { normalMac, parseShowPhys } from './read-interfaces.ts'

/**
 * No illumos runs where these tests run: the texts follow the formats that the manual pages named beside them fix,
 * and are not recordings.
 */
describe('output in the formats of illumos’ manual pages', () => {
  test('diskinfo(8) -Hp: tab-separated, sizes in bytes', () => {
    const text = 'SATA\tc5t0d0\tATA\tSAMSUNG MZ7\t480103981056\tno\tyes\n-\tc6t0d0\t-\t-\t16106127360\tyes\tno\n'
    expect(parseDiskinfo(text)).toEqual([
      {
        name: 'c5t0d0',
        vendor: 'ATA',
        model: 'SAMSUNG MZ7',
        bytes: 480103981056,
        removable: false,
        solidState: true,
        transport: 'sata',
      },
      {
        name: 'c6t0d0',
        vendor: null,
        model: null,
        bytes: 16106127360,
        removable: true,
        solidState: false,
        transport: 'unknown',
      },
    ])
  })

  test('iostat(8) -En: the serial number of each device', () => {
    const text =
      'c5t0d0           Soft Errors: 0 Hard Errors: 0 Transport Errors: 0\nVendor: ATA      Product: SAMSUNG MZ7 Revision: 1 Serial No: S1234\nSize: 480GB\n'
    expect(parseSerials(text)).toEqual(new Map([['c5t0d0', 'S1234']]))
  })

  test('scsi_vhci(4D): the GUID in a multipath name is the WWN', () => {
    expect(wwnOf('c0t5000C500A1B2C3D4d0')).toBe('0x5000c500a1b2c3d4')
    expect(wwnOf('c5t0d0')).toBeNull()
  })

  test('zpool(8) list -vHP and mnttab(5): who uses a disk', () => {
    const list =
      'rpool\t100G\t-\n\tmirror\t-\n\t/dev/dsk/c5t0d0s1\t-\n\t/dev/dsk/c6t0d0s1\t-\ndata\t1T\t-\n\t/dev/dsk/c7t0d0s0\t-\n'
    expect([...parsePoolDevices(list)]).toEqual([
      ['c5t0d0', 'rpool'],
      ['c6t0d0', 'rpool'],
      ['c7t0d0', 'data'],
    ])
    const mnttab = '/dev/dsk/c8t0d0p0\t/mnt\tpcfs\tro\t1\nrpool/ROOT/be\t/\tzfs\trw\t1\n'
    expect([...parseMountedDisks(mnttab)]).toEqual([['c8t0d0', '/mnt']])
  })

  test('dladm(8) -p: colons in a value are escaped', () => {
    expect(parseShowPhys('e1000g0:0\\:c\\:29\\:3e\\:4f\\:50\nvnic0:\n')).toEqual([
      { link: 'e1000g0', mac: '00:0c:29:3e:4f:50' },
    ])
    expect(normalMac('not a mac')).toBeNull()
  })

  test('ipadm(8) show-addr -p', () => {
    expect(parseAddresses('lo0/v4:127.0.0.1/8\nnet0/v4:10.0.0.5/24\nnet0/v6:fe80\\:\\:1/10\n')).toEqual([
      { link: 'net0', address: '10.0.0.5/24' },
      { link: 'net0', address: 'fe80::1/10' },
    ])
  })

  test('smbios(8) -t SMB_TYPE_SYSTEM', () => {
    const text =
      'ID    SIZE TYPE\n1     27   SMB_TYPE_SYSTEM (type 1) (system information)\n\n  Manufacturer: Acme\n  Product: Box\n  Serial Number: 42\n\n  UUID: 564D1234-0000-0000-0000-0123456789AB\n'
    expect(parseSmbios(text)).toEqual({
      manufacturer: 'Acme',
      product: 'Box',
      serial: '42',
      uuid: '564d1234-0000-0000-0000-0123456789ab',
    })
  })

  test('beadm(8) list -H: N is active now, R on reboot', () => {
    expect(parseBeadmList('be-1;uuid;N;/;1;static;1\nbe-2;uuid;R;-;1;static;1\n')).toEqual([
      { name: 'be-1', active: 'N' },
      { name: 'be-2', active: 'R' },
    ])
  })

  test('date(1): mmddHHMMccyy.SS', () => {
    expect(dateOperand(new Date('2026-11-22T18:05:09Z'))).toBe('112218052026.09')
  })
})

describe('finding a disk again', () => {
  const disks = parseDiskinfo('SATA\tc5t0d0\tATA\tDISK\t1000\tno\tyes\n').map((disk) => ({ ...disk, serial: 'S1' }))
  const wanted = { identity: 'serial:S1:DISK:1000', serial: 'S1', device: 'c5t0d0', bytes: 1000 }

  test('by its identity, wherever it is attached now', () => {
    expect(selectIllumosDisk(disks, { ...wanted, device: 'c9t9d9' }).name).toBe('c5t0d0')
  })

  test('a missing disk and one of another size are refused', () => {
    expect(() => selectIllumosDisk(disks, { ...wanted, identity: 'serial:S2::1' })).toThrow(
      expect.objectContaining({ code: 'disk-not-found' }),
    )
    expect(() => selectIllumosDisk(disks, { ...wanted, bytes: 999 })).toThrow(
      expect.objectContaining({ code: 'disk-changed' }),
    )
  })
})
