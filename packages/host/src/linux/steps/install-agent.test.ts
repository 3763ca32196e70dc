import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { silentLogger } from '@slipway/base'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeLinuxHost } from '../make-linux-host.ts'
import { testContext, testStep } from '../testing/test-step.ts'

const agent = Buffer.alloc(300_000, '#!agent')
const step = testStep('install-agent', {})

/** A target and a live medium's folder; both are empty. */
async function makeTarget() {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-agent-step-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const root = join(folder, 'target')
  const agentFolder = join(folder, 'agent')
  await mkdir(join(root, 'etc'), { recursive: true })
  await mkdir(agentFolder)
  const host = makeLinuxHost({ logger: silentLogger, targetRoot: root, runDirectory: join(folder, 'run'), agentFolder })
  const said: string[] = []
  const context = {
    ...testContext('ins_0000000000aaaaaaaaaaaa'),
    log: (_: string, message: string) => said.push(message),
  }
  const executor = host.executors['install-agent']
  const putMedium = async (sha256 = createHash('sha256').update(agent).digest('hex'), size = agent.length) => {
    await writeFile(join(agentFolder, 'agent.json'), JSON.stringify({ version: '1.2.3', sha256, size }))
    await writeFile(join(agentFolder, 'infiniservice.zst'), zstdCompressSync(agent))
    await writeFile(join(agentFolder, 'infiniservice-guard'), 'guard')
    await writeFile(join(agentFolder, 'infiniservice.service'), 'unit')
  }
  const read = (path: string) => readFile(join(root, path), 'utf8')
  return { root, folder, said, context, executor, putMedium, read }
}

// Files of the target belong to root.
describe.skipIf(process.getuid?.() !== 0)('install-agent on Linux', () => {
  it('unpacks the medium’s agent, enables it and tells it the machine’s id, twice the same', async () => {
    const { root, said, context, executor, putMedium, read } = await makeTarget()
    await putMedium()
    await writeFile(join(root, 'etc/environment'), 'LANG=C\nINFINIBAY_VM_ID=of-the-image\n')
    expect(await executor.isDone(step, context)).toBe(false)
    for (const _ of [1, 2]) await executor.apply(step, context)
    expect(await executor.isDone(step, context)).toBe(true)
    expect((await readFile(join(root, 'opt/infiniservice/infiniservice'))).equals(agent)).toBe(true)
    expect((await stat(join(root, 'opt/infiniservice/infiniservice'))).mode & 0o777).toBe(0o755)
    expect((await stat(join(root, 'opt/infiniservice/infiniservice-guard'))).mode & 0o777).toBe(0o755)
    expect(await read('etc/systemd/system/infiniservice.service')).toBe('unit')
    expect(await readlink(join(root, 'etc/systemd/system/multi-user.target.wants/infiniservice.service'))).toBe(
      '/etc/systemd/system/infiniservice.service',
    )
    expect(await read('etc/environment')).toBe(`LANG=C\nINFINIBAY_VM_ID=${context.plan.machine_id}\n`)
    expect(said).toContain('agent 1.2.3 is installed')
  })

  it('keeps an agent that the image brings, enabled and told the id', async () => {
    const { root, context, executor, putMedium, read } = await makeTarget()
    await putMedium()
    await mkdir(join(root, 'usr/lib/systemd/system'), { recursive: true })
    await writeFile(join(root, 'usr/lib/systemd/system/infiniservice.service'), 'of the image')
    await executor.apply(step, context)
    await expect(stat(join(root, 'opt'))).rejects.toThrow('ENOENT')
    expect(await readlink(join(root, 'etc/systemd/system/multi-user.target.wants/infiniservice.service'))).toBe(
      '/usr/lib/systemd/system/infiniservice.service',
    )
    expect(await read('etc/environment')).toContain(context.plan.machine_id)
  })

  it('warns and goes on when nobody brings one', async () => {
    const { root, said, context, executor } = await makeTarget()
    await executor.apply(step, context)
    expect(said.join()).toContain('neither the live medium')
    await expect(stat(join(root, 'etc/environment'))).rejects.toThrow('ENOENT')
  })

  it('refuses a damaged agent, and leaves none', async () => {
    const { root, context, executor, putMedium } = await makeTarget()
    for (const [sha256, size] of [
      ['0'.repeat(64), agent.length],
      [undefined, 10],
    ] as const) {
      await putMedium(sha256, size)
      await expect(executor.apply(step, context)).rejects.toMatchObject({ code: 'image-invalid' })
      await expect(stat(join(root, 'opt/infiniservice/infiniservice'))).rejects.toThrow('ENOENT')
    }
    expect(await executor.isDone(step, context)).toBe(false)
  })

  it('writes nothing through a link out of the target', async () => {
    const { root, folder, context, executor, putMedium } = await makeTarget()
    await putMedium()
    await mkdir(join(folder, 'outside'))
    await symlink(join(folder, 'outside'), join(root, 'opt'))
    await executor.apply(step, context)
    await expect(stat(join(folder, 'outside/infiniservice'))).rejects.toThrow('ENOENT')
    expect((await readFile(join(root, folder, 'outside/infiniservice/infiniservice'))).equals(agent)).toBe(true)
  })
})
