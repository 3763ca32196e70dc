import { silentLogger } from '@slipway/base'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCommandRunner } from './command-runner.ts'
import { readKernelWaits } from './kernel-waits.ts'

const isRoot = process.getuid?.() === 0
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-waits-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('reads where the processes of a group wait, and of no other', async () => {
  await addProcess({ id: 21, name: 'zpool', state: 'D', group: 20 })
  await addProcess({ id: 22, name: 'a (b) c', state: 'S', group: 20 })
  await addProcess({ id: 23, name: 'zfs', state: 'D', group: 23 })
  await writeFile(
    join(folder, '21/stack'),
    '[<0>] cv_wait_common+0xaf/0x130 [spl]\n[<0>] txg_wait_synced_impl+0xc2/0x110 [zfs]\n[<0>] entry_SYSCALL_64_after_hwframe+0x6e/0xd8\n',
  )
  expect(await readKernelWaits(20, folder)).toEqual([
    'zpool: cv_wait_common < txg_wait_synced_impl < entry_SYSCALL_64_after_hwframe',
  ])
  expect(await readKernelWaits(23, folder)).toEqual(['zfs: unknown place'])
  expect(await readKernelWaits(22, folder)).toEqual([])
  expect(await readKernelWaits(20, join(folder, 'nothing-here'))).toEqual([])
})

// A frozen file system lets nobody write, and nobody who wants to be killed (fsfreeze(8)).
test.skipIf(!isRoot)(
  'a command that hangs in the kernel is left behind, and the error says where it hangs',
  async () => {
    const at = await freezeNewFilesystem()
    try {
      const run = makeCommandRunner({ logger: silentLogger })
      const stuck = run(['mkdir', join(at, 'new')], { signal: new AbortController().signal, deadlineMs: 200 })
      await expect(stuck).rejects.toMatchObject({
        code: 'step-timeout',
        message: expect.stringMatching(/did not end when it was killed: it waits in the kernel \(mkdir: \w+ < /),
        details: { kernel_waits: [expect.stringMatching(/^mkdir: \w+ < /)] },
      })
    } finally {
      execFileSync('fsfreeze', ['--unfreeze', at])
      await unmountWhenFree(at)
    }
  },
  30_000,
)

async function freezeNewFilesystem(): Promise<string> {
  const file = join(folder, 'disk')
  const at = join(folder, 'mounted')
  await mkdir(at)
  await writeFile(file, '')
  await truncate(file, 16 * 1024 * 1024)
  execFileSync('mkfs.ext4', ['-q', file])
  execFileSync('mount', ['-o', 'loop', file, at])
  execFileSync('fsfreeze', ['--freeze', at])
  return at
}

/** The killed command lets go of the file system a moment after it is thawed. */
async function unmountWhenFree(at: string): Promise<void> {
  await expect.poll(() => spawnSync('umount', [at]).status, { timeout: 10_000 }).toBe(0)
}

async function addProcess(input: { id: number; name: string; state: string; group: number }): Promise<void> {
  const { id, name, state, group } = input
  await mkdir(join(folder, String(id)))
  await writeFile(join(folder, String(id), 'stat'), `${id} (${name}) ${state} 1 ${group} ${group} 0 -1 4194304\n`)
}
