import { describe, expect, it } from 'vitest'
import { silentLogger } from '@slipway/base'
import { installationProperty, partitionStamp } from '../../installation-stamp.ts'
import type { LinuxSystem } from '../linux-system.ts'
import { testContext } from '../testing/test-step.ts'
import { ensureOwnPool } from './find-pool.ts'

const installationId = 'inst_0123456789abcdefghjkmnpq'
const guid = '12415318491445197046'

const bytes = 4_294_967_296

/** As `lsblk -J -b`, `sfdisk -J` and `wipefs -J --no-act` of util-linux 2.38 print it: one partition with a pool named rpool. */
function printDisk(name: string, partitionName: string) {
  const common = {
    size: bytes,
    ro: false,
    rota: false,
    wwn: null,
    model: null,
    tran: null,
    'log-sec': 512,
    pkname: null,
  }
  const mountpoints = [null]
  const partition = {
    ...common,
    name: `${name}1`,
    path: `/dev/${name}1`,
    type: 'part',
    serial: null,
    start: 2048,
    mountpoints,
  }
  const serial = name.toUpperCase()
  const table = { node: `/dev/${name}1`, start: 2048, size: 8_000_000, type: 'BF01', uuid: name, name: partitionName }
  const sign = (device: string, type: string, label?: string) =>
    JSON.stringify({ signatures: [{ device, offset: '0x200', type, uuid: guid, ...(label ? { label } : {}) }] })
  return {
    lsblk: {
      ...common,
      name,
      path: `/dev/${name}`,
      type: 'disk',
      serial,
      start: null,
      mountpoints,
      children: [partition],
    },
    answers: {
      [`sfdisk -J /dev/${name}`]: JSON.stringify({ partitiontable: { label: 'gpt', partitions: [table] } }),
      [`wipefs -J --no-act /dev/${name}`]: sign(name, 'gpt'),
      [`wipefs -J --no-act /dev/${name}1`]: sign(`${name}1`, 'zfs_member', 'rpool'),
    },
  }
}

/** vda has somebody else's pool, vdb one of this installation, made under another name (`zpool create -t`). */
function makeSystem() {
  const imports: string[] = []
  const disks = [printDisk('vda', 'data'), printDisk('vdb', partitionStamp('pool', installationId))]
  const answers: Record<string, string> = Object.assign({}, ...disks.map((disk) => disk.answers))
  const system: LinuxSystem = {
    run: async (argv) => {
      const line = argv.join(' ')
      if (line.startsWith('zpool import')) imports.push(line)
      const lsblk = line.startsWith('lsblk') ? JSON.stringify({ blockdevices: disks.map((disk) => disk.lsblk) }) : ''
      const stamp = line.includes(installationProperty) ? `${installationId}\n` : ''
      return { stdout: answers[line] ?? (lsblk || stamp), stderr: '', exitCode: 0 }
    },
    logger: silentLogger,
    targetRoot: '/mnt/target',
    runDirectory: '/run/slipway',
    agentFolder: '/usr/lib/slipway/agent',
    diskTypes: ['disk'],
    sys: '/nowhere',
    dev: '/dev',
    proc: '/nowhere',
  }
  return { system, imports }
}

describe('a pool of this installation after a restart', () => {
  it('under another name: is found by its stamp, and the pool of the same name is left alone', async () => {
    const { system, imports } = makeSystem()
    const names = { pool: 'rpool', nameNow: 'slipway-rpool' }
    expect(await ensureOwnPool(system, names, testContext(installationId))).toBe(true)
    expect(imports).toEqual(['zpool import -N -R /mnt/target -f -d /dev/vdb1 -t rpool slipway-rpool'])
  })

  it('under its own name: is not forced where a label of that name is somebody else’s', async () => {
    const { system, imports } = makeSystem()
    await ensureOwnPool(system, { pool: 'rpool', nameNow: 'rpool' }, testContext(installationId))
    expect(imports).toEqual(['zpool import -N -R /mnt/target -d /dev/vda1 -d /dev/vdb1 rpool'])
  })
})
