import { silentLogger } from '@slipway/base'
import type { Step, StepOf } from '@slipway/protocol'
import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Host, StepContext } from '../host.ts'
import { makeLinuxHost } from './make-linux-host.ts'
import { makeLoopDisk, whyNoLoopDisks, type LoopDisk } from './testing/loop-disk.ts'
import { testContext, testStep } from './testing/test-step.ts'

const reason = whyNoLoopDisks()
if (reason) console.warn(`skipped: Linux target steps (${reason})`)

describe.skipIf(reason !== null)('an ext4 target on a real block device', () => {
  let disk: LoopDisk
  let folder = ''
  let host: Host
  let context: StepContext
  let tar = ''
  const layerOf = (index: number, digit: string): StepOf<'pull-layer'> =>
    testStep(
      'pull-layer',
      {
        reference: 'oci://localhost/test:1',
        image_digest: `sha256:${'0'.repeat(64)}`,
        index,
        layer: {
          digest: `sha256:${digit.repeat(64)}`,
          diff_id: `sha256:${digit.repeat(64)}`,
          media_type: 'x',
          bytes: 1,
        },
        dataset: null,
      },
      `pull-layer:${index}`,
    )
  const mount = (): StepOf<'mount-target'> =>
    testStep('mount-target', {
      pools: [],
      mounts: [{ kind: 'ext4', dataset: null, device: { disk: disk.ref, partition: 1 }, at: '/' }],
    })
  const target = (path: string) => join(folder, 'target', path)
  const apply = async (step: Step) => {
    if (step.kind === 'pull-layer') return
    // The executor of a kind takes steps of that kind; TypeScript cannot follow the pairing through a union.
    const executor = host.executors[step.kind] as { apply(step: Step, context: StepContext): Promise<void> }
    await executor.apply(step, context)
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-target-'))
    disk = makeLoopDisk()
    host = makeLinuxHost({
      logger: silentLogger,
      targetRoot: join(folder, 'target'),
      runDirectory: join(folder, 'run'),
      diskTypes: ['loop'],
    })
    const storage: Step[] = [
      testStep('partition-disk', {
        disk: disk.ref,
        partitions: [{ number: 1, role: 'root', bytes: null, name: 'root' }],
      }),
      testStep('create-filesystem', {
        filesystem: 'ext4',
        device: { disk: disk.ref, partition: 1 },
        label: 'root',
      }),
      mount(),
    ]
    context = testContext('ins_0000000000aaaaaaaaaaaa', { steps: storage, kdl: 'machine config "as written"\n' })
    for (const step of storage) await apply(step)
    tar = await makeLayer(folder)
  })
  afterAll(async () => {
    await host.executors['unmount-target'].apply(testStep('unmount-target', {}), context)
    disk.remove()
    await rm(folder, { recursive: true })
  })

  test('the target is mounted, and a second look finds it so', async () => {
    expect(await host.executors['mount-target'].isDone(mount(), context)).toBe(true)
    await host.executors['mount-target'].apply(mount(), context)
  })

  test('a layer keeps owners by number, modes, links and extended attributes', async () => {
    const layer = layerOf(0, 'a')
    expect(await host.layers.isApplied(layer, context)).toBe(false)
    await host.layers.begin(layer, context)
    await host.layers.target(context).extract(createReadStream(tar), context.signal)
    expect(await host.layers.isApplied(layer, context)).toBe(false)
    await host.layers.commit(layer, context)
    expect(await host.layers.isApplied(layer, context)).toBe(true)
    const file = await stat(target('etc/owned'))
    expect({ uid: file.uid, gid: file.gid, mode: file.mode & 0o7777 }).toEqual({ uid: 54321, gid: 12345, mode: 0o4755 })
    expect(await readlink(target('etc/link'))).toBe('owned')
    expect(
      execFileSync('getfattr', ['-n', 'user.note', '--only-values', target('etc/owned')], { encoding: 'utf8' }),
    ).toBe('kept')
  })

  test('an archive without its end blocks, as umoci 0.4.7 writes it, is unpacked whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-short-'))
    await writeFile(join(folder, 'last'), 'x'.repeat(700))
    execFileSync('tar', ['--create', `--file=${join(folder, 't')}`, `--directory=${folder}`, 'last'])
    const whole = await readFile(join(folder, 't'))
    async function* cut() {
      yield whole.subarray(0, 512 + 700)
    }
    await host.layers.target(context).extract(cut(), context.signal)
    expect((await readFile(target('last'), 'utf8')).length).toBe(700)
    await rm(folder, { recursive: true })
  })

  test('another digest in the place of a layer is not applied', async () => {
    expect(await host.layers.isApplied(layerOf(0, 'b'), context)).toBe(false)
    expect(await host.layers.isApplied(layerOf(0, 'a'), testContext('ins_0000000000bbbbbbbbbbbb'))).toBe(false)
  })

  test('no path is followed through a link out of the target', async () => {
    await symlink(folder, target('escape'))
    await writeFile(join(folder, 'outside'), 'stays')
    const tree = host.layers.target(context)
    expect(await tree.lstat('escape')).toEqual({ kind: 'symlink' })
    for (const path of ['escape/outside', '../outside', '/etc/passwd', 'etc/../../outside']) {
      await expect(tree.remove(path)).rejects.toMatchObject({ code: 'layer-unsafe' })
      await expect(tree.lstat(path)).rejects.toMatchObject({ code: 'layer-unsafe' })
      await expect(tree.readdir(path)).rejects.toMatchObject({ code: 'layer-unsafe' })
    }
    await tree.remove('escape')
    expect(await readFile(join(folder, 'outside'), 'utf8')).toBe('stays')
    await expect(tree.remove('.')).rejects.toMatchObject({ code: 'layer-unsafe' })
  })

  test('sysconfig goes into the target with the config, the fstab by UUID and nothing world-readable', async () => {
    const step: StepOf<'apply-sysconfig'> = testStep('apply-sysconfig', {
      swap: [],
      sysconfig: {
        hostname: 'target-01',
        nameservers: ['192.0.2.1'],
        search: [],
        timezone: null,
        locale: null,
        interfaces: [],
        users: [],
      },
    })
    expect(await host.executors['apply-sysconfig'].isDone(step, context)).toBe(false)
    await host.executors['apply-sysconfig'].apply(step, context)
    expect(await host.executors['apply-sysconfig'].isDone(step, context)).toBe(true)
    expect(await readFile(target('etc/hostname'), 'utf8')).toBe('target-01\n')
    expect(await readFile(target('etc/slipway/machine.kdl'), 'utf8')).toBe('machine config "as written"\n')
    expect((await stat(target('etc/slipway/machine.kdl'))).mode & 0o777).toBe(0o600)
    expect(await readFile(target('etc/fstab'), 'utf8')).toMatch(/^UUID=[0-9a-f-]{36} \/ ext4 errors=remount-ro 0 1$/m)
  })

  test('unmounting keeps the layers’ marks in the record', async () => {
    await host.executors['unmount-target'].apply(testStep('unmount-target', {}), context)
    expect(await host.executors['unmount-target'].isDone(testStep('unmount-target', {}), context)).toBe(true)
    await expect(host.layers.isApplied(layerOf(0, 'a'), context)).rejects.toMatchObject({ code: 'conflict' })
    await host.executors['mount-target'].apply(mount(), context)
    expect(await host.layers.isApplied(layerOf(0, 'a'), context)).toBe(true)
    expect(JSON.parse(await readFile(target('var/lib/slipway/install.json'), 'utf8'))).toMatchObject({
      installation_id: context.installationId,
      layers: { 0: `sha256:${'a'.repeat(64)}` },
    })
  })

  test('rolling a layer back makes the file system again and starts with the first layer', async () => {
    expect(await host.layers.rollback(layerOf(1, 'c'), context)).toEqual({ restart_from_layer: 0 })
    expect(await host.layers.isApplied(layerOf(0, 'a'), context)).toBe(false)
    expect(await host.layers.target(context).lstat('etc')).toBeNull()
  })
})

async function makeLayer(folder: string): Promise<string> {
  const root = join(folder, 'layer')
  await mkdir(join(root, 'etc'), { recursive: true })
  await writeFile(join(root, 'etc/owned'), 'x')
  await symlink('owned', join(root, 'etc/link'))
  execFileSync('chown', ['54321:12345', join(root, 'etc/owned')])
  execFileSync('chmod', ['4755', join(root, 'etc/owned')])
  execFileSync('setfattr', ['-n', 'user.note', '-v', 'kept', join(root, 'etc/owned')])
  const tar = join(folder, 'layer.tar')
  execFileSync('tar', ['--create', '--xattrs', '--xattrs-include=*', `--file=${tar}`, `--directory=${root}`, '.'])
  return tar
}
