import { silentLogger } from '@slipway/base'
import type { DiskRef, StepOf } from '@slipway/protocol'
import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CommandRecord } from '../host.ts'
import { makeCommandRunner } from '../command/command-runner.ts'
import { makeLinuxHost } from './make-linux-host.ts'
import { makeLoopDisk, whyNoLoopDisks, type LoopDisk } from './testing/loop-disk.ts'
import { testContext, testStep } from './testing/test-step.ts'

const reason = whyNoLoopDisks()
if (reason) console.warn(`skipped: Linux disk steps (${reason})`)

const MiB = 1024 * 1024
const records: CommandRecord[] = []
const run = makeCommandRunner({ logger: silentLogger, onRecord: (record) => records.push(record) })
const host = makeLinuxHost({ logger: silentLogger, run, diskTypes: ['loop'] })
const context = testContext('ins_0000000000aaaaaaaaaaaa')
const other = testContext('ins_0000000000bbbbbbbbbbbb')
const destructive = ['sgdisk', 'mkfs.ext4', 'mkfs.vfat', 'mkswap', 'blkdiscard']
const isDestructive = ([program = '', ...args]: readonly string[]) =>
  destructive.includes(program) || (program === 'wipefs' && args.includes('--all'))

describe.skipIf(reason !== null)('disk steps on a real block device', () => {
  let disk: LoopDisk
  beforeEach(() => {
    disk = makeLoopDisk()
    records.length = 0
  })
  afterEach(() => disk.remove())

  const partition = (ref: DiskRef = disk.ref): StepOf<'partition-disk'> =>
    testStep('partition-disk', {
      disk: ref,
      partitions: [
        { number: 1, role: 'swap', bytes: 32 * MiB, name: 'swap' },
        { number: 2, role: 'root', bytes: null, name: 'root' },
      ],
    })
  const filesystem = (number: number, kind: 'ext4' | 'swap' | 'vfat'): StepOf<'create-filesystem'> =>
    testStep('create-filesystem', {
      filesystem: kind,
      device: { disk: disk.ref, partition: number },
      label: kind,
    })
  const wipe = (mode: 'quick' | 'secure'): StepOf<'wipe-disk'> => testStep('wipe-disk', { disk: disk.ref, mode })
  const wasDestructive = () => records.some((record) => isDestructive(record.argv))
  const foreignTable = () => execFileSync('sgdisk', ['--new=1:0:0', '--change-name=1:theirs', disk.node])

  test('partitioning stamps every partition, and a second look finds it done', async () => {
    const steps = host.executors['partition-disk']
    expect(await steps.isDone(partition(), context)).toBe(false)
    await steps.apply(partition(), context)
    expect(await steps.isDone(partition(), context)).toBe(true)
    expect(await steps.isDone(partition(), other)).toBe(false)
    const found = (await host.readInventory(context.signal)).disks.find(
      (candidate) => candidate.name === disk.ref.device,
    )
    expect(found?.partitions.map(({ label }) => label)).toEqual([
      'slipway-swap-aaaaaaaaaaaa',
      'slipway-root-aaaaaaaaaaaa',
    ])
    expect((await host.readInventory(context.signal)).stamps).toContainEqual({
      installation_id: 'aaaaaaaaaaaa',
      disk: disk.ref.device,
      where: 'gpt',
    })
  })

  test('a step cut short is done again over its own half', async () => {
    await host.executors['partition-disk'].apply(partition(), context)
    await host.executors['partition-disk'].apply(partition(), context)
    expect(await host.executors['partition-disk'].isDone(partition(), context)).toBe(true)
  })

  test('a disk that is not there is an error that names those that are', async () => {
    const gone = { ...disk.ref, identity: 'wwn:0x5000000000000000' }
    await expect(host.executors['partition-disk'].apply(partition(gone), context)).rejects.toMatchObject({
      code: 'disk-not-found',
    })
    expect(wasDestructive()).toBe(false)
  })

  test('a disk of another size is not touched', async () => {
    const resized = { ...disk.ref, bytes: disk.ref.bytes - MiB }
    await expect(host.executors['partition-disk'].apply(partition(resized), context)).rejects.toMatchObject({
      code: 'disk-changed',
    })
    expect(wasDestructive()).toBe(false)
  })

  test('a disk with somebody’s partitions is not partitioned', async () => {
    foreignTable()
    await expect(host.executors['partition-disk'].apply(partition(), context)).rejects.toMatchObject({
      code: 'disk-changed',
    })
    expect(wasDestructive()).toBe(false)
  })

  test('a disk with somebody’s file system on it is not partitioned', async () => {
    execFileSync('mkfs.ext4', ['-q', '-F', disk.node])
    await expect(host.executors['partition-disk'].apply(partition(), context)).rejects.toMatchObject({
      code: 'disk-changed',
    })
    expect(wasDestructive()).toBe(false)
  })

  test('a partition that another installation made is not formatted', async () => {
    await host.executors['partition-disk'].apply(partition(), other)
    records.length = 0
    await expect(host.executors['create-filesystem'].apply(filesystem(2, 'ext4'), context)).rejects.toMatchObject({
      code: 'disk-changed',
    })
    expect(wasDestructive()).toBe(false)
  })

  test('a mounted disk is neither wiped nor formatted', async () => {
    await host.executors['partition-disk'].apply(partition(), context)
    await host.executors['create-filesystem'].apply(filesystem(2, 'ext4'), context)
    const at = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim()
    execFileSync('mount', [`${disk.node}p2`, at])
    records.length = 0
    try {
      const refused = { code: 'disk-changed' }
      await expect(host.executors['wipe-disk'].apply(wipe('quick'), context)).rejects.toMatchObject(refused)
      await expect(host.executors['create-filesystem'].apply(filesystem(2, 'ext4'), context)).rejects.toMatchObject(
        refused,
      )
      expect(wasDestructive()).toBe(false)
    } finally {
      execFileSync('umount', [at])
      execFileSync('rmdir', [at])
    }
  })

  test('file systems are made with their labels and seen as done', async () => {
    await host.executors['partition-disk'].apply(partition(), context)
    for (const step of [filesystem(1, 'swap'), filesystem(2, 'ext4'), filesystem(2, 'vfat')]) {
      expect(await host.executors['create-filesystem'].isDone(step, context)).toBe(false)
      await host.executors['create-filesystem'].apply(step, context)
      expect(await host.executors['create-filesystem'].isDone(step, context)).toBe(true)
    }
  })

  test('a quick wipe clears a foreign table and what is inside its partitions', async () => {
    foreignTable()
    execFileSync('partx', ['--update', disk.node])
    execFileSync('mkfs.ext4', ['-q', '-F', '-L', 'theirs', `${disk.node}p1`])
    expect(await host.executors['wipe-disk'].isDone(wipe('quick'), context)).toBe(false)
    await host.executors['wipe-disk'].apply(wipe('quick'), context)
    expect(await host.executors['wipe-disk'].isDone(wipe('quick'), context)).toBe(true)
    await host.executors['partition-disk'].apply(partition(), context)
    const found = (await host.readInventory(context.signal)).disks.find(
      (candidate) => candidate.name === disk.ref.device,
    )
    expect(found?.partitions.map(({ signature }) => signature)).toEqual([null, null])
  })

  test('a secure wipe leaves zeros', async () => {
    execFileSync('dd', ['if=/dev/urandom', `of=${disk.node}`, 'bs=1M', 'seek=100', 'count=1', 'status=none'])
    await host.executors['wipe-disk'].apply(wipe('secure'), context)
    const middle = execFileSync('dd', [`if=${disk.node}`, 'bs=1M', 'skip=100', 'count=1', 'status=none'], {
      maxBuffer: 2 * MiB,
    })
    expect(middle.every((byte) => byte === 0)).toBe(true)
  })

  test('undoing the partitioning leaves a blank disk, and touches nothing that is not its own', async () => {
    await host.executors['partition-disk'].apply(partition(), context)
    await host.executors['partition-disk'].undo(partition(), other)
    expect(await host.executors['partition-disk'].isDone(partition(), context)).toBe(true)
    await host.executors['partition-disk'].undo(partition(), context)
    expect(await host.executors['wipe-disk'].isDone(wipe('quick'), context)).toBe(true)
    await host.executors['partition-disk'].undo(partition(), context)
  })
})
