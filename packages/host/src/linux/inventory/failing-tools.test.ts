import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, silentLogger, type FaultCode } from '@slipway/base'
import { describe, expect, it } from 'vitest'
import { makeLinuxHost } from '../make-linux-host.ts'
import type { CommandRunner } from '../../command/command-runner.ts'

/** Recorded output; the first line says which tool made it. */
function sample(name: string): string {
  return readFileSync(join(import.meta.dirname, '../samples', `${name}.txt`), 'utf8').replace(/^# .*\n/, '')
}

/** What a command prints, or how it fails. */
type Answer = string | { readonly fails: FaultCode }

const failing = { fails: 'command-failed' } as const
const hanging = { fails: 'step-timeout' } as const
const missing = { fails: 'unsupported' } as const

/** Two disks: vda with a GPT and the pool rpool on its second partition, and vdb, blank. */
function healthy(): Record<string, Answer> {
  const disks = JSON.parse(sample('lsblk-virtio')) as { blockdevices: { name: string }[] }
  return {
    lsblk: JSON.stringify({ blockdevices: disks.blockdevices.filter(({ name }) => /^vd[ab]$/.test(name)) }),
    'wipefs -J --no-act /dev/vda2': sample('wipefs-zfs'),
    'wipefs -J --no-act /dev/vda1': sample('wipefs-vfat'),
    'wipefs -J --no-act /dev/vda': sample('wipefs-gpt'),
    'wipefs -J --no-act /dev/vdb': '',
    'sfdisk -J /dev/vda': sample('sfdisk-gpt').replaceAll('/dev/loop0p', '/dev/vda'),
    'zpool list -H -o name': '',
    'zpool import -f': '',
    'zpool list -H -p': '12415318491445197046\tONLINE\t1000\t-\t-\n',
    'zfs ': '',
    'zpool export': '',
    'zpool import': sample('zpool-import-mirror'),
    ip: '[]',
  }
}

/** Answers commands from recordings: by the first key that the command line begins with, `changes` before the rest. */
function makeRunner(changes: Readonly<Record<string, Answer>>): CommandRunner {
  const answers = [...Object.entries(changes), ...Object.entries(healthy())]
  return async (argv) => {
    const line = argv.join(' ')
    const answer = answers.find(([start]) => line.startsWith(start))?.[1] ?? failing
    if (typeof answer !== 'string') throw new Fault(answer.fails, `${line}: Input/output error`)
    return { stdout: answer, stderr: '', exitCode: 0 }
  }
}

async function inventoryWith(changes: Readonly<Record<string, Answer>>) {
  const host = makeLinuxHost({ logger: silentLogger, run: makeRunner(changes) })
  return host.readInventory(AbortSignal.timeout(20_000))
}

describe('the inventory of a Linux machine', () => {
  it('tells disks, partitions and pools from the recorded output', async () => {
    const { disks, pools } = await inventoryWith({})
    expect(disks.map(({ name, partition_table, pool }) => [name, partition_table, pool])).toEqual([
      ['vda', 'gpt', 'rpool'],
      ['vdb', null, null],
    ])
    expect(pools).toMatchObject([{ name: 'rpool', health: 'ONLINE', imported: false }])
  })

  it.each<[string, Record<string, Answer>]>([
    ['wipefs cannot open it', { 'wipefs -J --no-act /dev/vdb': failing }],
    ['wipefs hangs on it', { 'wipefs -J --no-act /dev/vdb': hanging }],
    ['wipefs prints what nobody understands', { 'wipefs -J --no-act /dev/vdb': '{"signatures":' }],
  ])('goes on with the other disks where %s; the disk is not taken for blank', async (_what, changes) => {
    const { disks, pools } = await inventoryWith(changes)
    expect(disks.find(({ name }) => name === 'vdb')?.signatures).toEqual(['unreadable'])
    expect(disks.find(({ name }) => name === 'vda')?.pool).toBe('rpool')
    expect(pools).toHaveLength(1)
  })

  it.each<[string, Answer]>([
    ['fails', failing],
    ['hangs', hanging],
    ['prints what nobody understands', '{"partitiontable":{}}'],
  ])('does not take a disk for blank whose partition table is there while sfdisk %s', async (_what, answer) => {
    const { disks } = await inventoryWith({ 'sfdisk -J /dev/vda': answer })
    expect(disks.find(({ name }) => name === 'vda')).toMatchObject({
      partition_table: null,
      signatures: ['unreadable'],
    })
    expect(disks).toHaveLength(2)
  })

  it.each<[string, Record<string, Answer>]>([
    ['the search for pools fails', { 'zpool import': failing }],
    ['the search for pools hangs', { 'zpool import': hanging }],
    ['ZFS is not there', { 'zpool import': missing, 'zpool list': missing }],
    ['an imported pool does not answer', { 'zpool list -H -o name': 'rpool\n', 'zpool list': failing }],
  ])('knows a pool by its label where %s', async (_what, changes) => {
    const { disks, pools } = await inventoryWith(changes)
    expect(pools).toMatchObject([{ name: 'rpool', guid: null, health: null, disks: ['vda'] }])
    expect(disks).toHaveLength(2)
  })

  it('is no inventory where a tool is missing that every disk needs', async () => {
    await expect(inventoryWith({ 'wipefs -J': missing })).rejects.toThrow(/wipefs/)
  })
})
