import { Fault, silentLogger } from '@slipway/base'
import type { DiskRef, Step } from '@slipway/protocol'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CommandRunner } from '../command/command-runner.ts'
import { testContext, testStep } from '../linux/testing/test-step.ts'
import { makeIllumosHost } from './make-illumos-host.ts'

/** What the machine answers, by the beginning of the command; the rest succeeds silently. */
let answers: Record<string, { stdout?: string; exitCode?: number }> = {}
let ran: string[] = []
let root = ''

const run: CommandRunner = async (argv, options) => {
  const line = argv.join(' ')
  ran.push(line)
  const key = Object.keys(answers).find((start) => line.startsWith(start))
  const { stdout = '', exitCode = 0 } = (key !== undefined && answers[key]) || {}
  if (!(options.accept ?? [0]).includes(exitCode)) throw new Fault('command-failed', line)
  return { stdout, stderr: '', exitCode }
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-illumos-'))
  ran = []
  answers = {
    'diskinfo -Hp': { stdout: 'SATA\tc5t0d0\tATA\tDISK\t107374182400\tno\tyes\n' },
    'iostat -En': { stdout: 'c5t0d0 Soft Errors: 0\nVendor: ATA Serial No: S1\n' },
    prtvtoc: { exitCode: 1 },
  }
})
afterEach(() => rm(root, { recursive: true }))

const host = () => makeIllumosHost({ logger: silentLogger, run, targetRoot: root })
const disk: DiskRef = { identity: 'serial:S1:DISK:107374182400', serial: 'S1', device: 'c5t0d0', bytes: 107374182400 }
const pool = testStep('create-pool', {
  pool: 'rpool',
  temporary_name: 'slipway-rpool',
  root: true,
  vdevs: [{ kind: 'stripe', devices: [{ disk, partition: null }] }],
  pool_properties: {},
  dataset_properties: {},
})
const steps: Step[] = [pool]
const context = testContext('ins_1', { steps })

describe('the illumos host', () => {
  test('creates a pool on a blank, unused disk', async () => {
    await host().executors['create-pool'].apply(pool, context)
    expect(ran.at(-1)).toBe(
      `zpool create -f -R ${root} -B -t slipway-rpool -O org.slipway:installation=ins_1 rpool c5t0d0`,
    )
  })

  test.each([
    ['in a pool', { 'zpool list -v': { stdout: 'tank\t1\n\t/dev/dsk/c5t0d0s0\t1\n' } }],
    ['labelled', { prtvtoc: { stdout: ' 0 2 00 34 100 133\n' } }],
    ['of another size', { 'diskinfo -Hp': { stdout: 'SATA\tc5t0d0\tATA\tDISK\t99\tno\tyes\n' } }],
    ['gone', { 'diskinfo -Hp': { stdout: '' } }],
  ])('creates none on a disk that is %s', async (_, now) => {
    answers = { ...now, ...Object.fromEntries(Object.entries(answers).filter(([key]) => !(key in now))) }
    await expect(host().executors['create-pool'].apply(pool, context)).rejects.toMatchObject({
      code: expect.stringMatching(/^disk-(changed|not-found)$/),
    })
    expect(ran.filter((line) => line.startsWith('zpool create'))).toEqual([])
  })

  test('does not wipe a disk of an imported pool', async () => {
    answers['zpool list -v'] = { stdout: 'tank\t1\n\t/dev/dsk/c5t0d0s0\t1\n' }
    const wipe = testStep('wipe-disk', { disk, mode: 'secure' })
    await expect(host().executors['wipe-disk'].apply(wipe, context)).rejects.toMatchObject({ code: 'disk-changed' })
    expect(ran.filter((line) => line.startsWith('dd '))).toEqual([])
  })

  test('installs the loader on the pool under the name it has now', async () => {
    const step = testStep('install-bootloader', {
      firmware: 'uefi',
      targets: [],
      root: { kind: 'zfs', pool: 'rpool', dataset: 'rpool/ROOT/be-1' },
      boot_environment: 'be-1',
      boot_device: null,
    })
    await host().executors['install-bootloader'].apply(step, context)
    expect(ran).toEqual([`bootadm install-bootloader -M -f -P slipway-rpool -R ${root}`])
  })

  test('makes device links before the archive', async () => {
    await host().executors['update-boot-archive'].apply(testStep('update-boot-archive', { root: 'zfs' }), context)
    expect(ran).toEqual([`devfsadm -r ${root}`, `bootadm update-archive -f -R ${root}`])
  })

  test('refuses steps that belong to Linux', async () => {
    const step = testStep('partition-disk', { disk, partitions: [] })
    await expect(host().executors['partition-disk'].apply(step, context)).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('undoes a pool only when it carries this installation’s stamp', async () => {
    answers['zpool list -H -o name'] = { stdout: 'slipway-rpool\n' }
    answers['zfs get'] = { stdout: 'ins_other\n' }
    await host().executors['create-pool'].undo(pool, context)
    expect(ran.some((line) => line.startsWith('zpool destroy'))).toBe(false)
    answers['zfs get'] = { stdout: 'ins_1\n' }
    await host().executors['create-pool'].undo(pool, context)
    expect(ran.at(-1)).toBe('zpool destroy -f slipway-rpool')
  })
})
