// The Windows executables under Wine 10: npm test -- windows. Wine is no Windows: docs/agent.md says what this proves.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentVersion, compileAgent, repository } from '../compile-agent.ts'
import { compileServiceHost } from '../service-host.ts'
import { openWineLab, type WineLab } from './wine-lab.ts'

const execute = promisify(execFile)
const compiler = 'x86_64-w64-mingw32-gcc'
const source = join(repository, 'apps/infiniservice/service-host/svc.c')
/** Starting a process under Wine takes a second on a quiet machine. */
const patience = { timeout: 90_000, interval: 250 }
let lab: WineLab
const at = (path: string) => join(lab.work, path)
const has = (path: string) =>
  stat(at(path)).then(
    () => true,
    () => false,
  )

beforeAll(async () => {
  const chroot = process.env.SLIPWAY_WINE_CHROOT
  if (!chroot) throw new Error('run this by: npm test -- windows')
  lab = await openWineLab(chroot)
  const agent = await compileAgent({ target: 'windows-x64', version: await agentVersion(), publicKey: null })
  await copyFile(agent, at('infiniservice.exe'))
})
afterAll(() => lab.close())

describe('the agent', () => {
  it('says its version', async () => {
    const done = await lab.run(['infiniservice.exe', '--version'])
    expect(done).toEqual({ code: 0, output: `${await agentVersion()}\n` })
  })

  it('diagnoses that there is no virtio port, as JSON', async () => {
    const done = await lab.run(['infiniservice.exe', '--diagnose', '--json'])
    expect(done.code).not.toBe(-1)
    expect(done.output).toContain('org.infinibay.agent')
    const report: unknown = JSON.parse(done.output)
    expect(typeof report).toBe('object')
  })

  it('refuses an unknown option with exit code 2', async () => {
    expect((await lab.run(['infiniservice.exe', '--nonsense'])).code).toBe(2)
  })

  it('runs a CMD script with its environment, both outputs and its exit code', async () => {
    const entry = join(import.meta.dirname, 'self-test.ts')
    await copyFile(
      await compileAgent({ target: 'windows-x64', version: '0.0.0', publicKey: null, entry }),
      at('self-test.exe'),
    )
    const done = await lab.run(['self-test.exe'])
    const result: unknown = JSON.parse(done.output)
    expect(result).toMatchObject({ platform: 'win32', code: 7, digest: '0909377a' })
    expect(result).toMatchObject({
      stdout: expect.stringContaining('said "a & b"'),
      stderr: expect.stringContaining('wrong'),
    })
  })
})

describe('the service host and an update', () => {
  /** A folder with the host and an agent of version 1; an update of version 2 is staged. */
  async function stage(name: string, modes: { first: number; second: number }): Promise<void> {
    await mkdir(at(name))
    const compile = (mode: number, version: number, out: string) =>
      execute(compiler, [
        `-DMODE=${mode}`,
        `-DVERSION=${version}`,
        '-O',
        '-s',
        '-o',
        at(`${name}/${out}`),
        join(import.meta.dirname, 'fake-agent.c'),
      ])
    await compile(modes.first, 1, 'infiniservice.exe')
    await compile(modes.second, 2, 'update.exe')
    await copyFile(at(`${name}/update.exe`), at(`${name}/infiniservice.exe.new`))
    await writeFile(at(`${name}/infiniservice.exe.trial`), 'version=2\nfrom=1\nstate=staged\nstarts=0\n')
    const out = at(`${name}/infiniservice-host.exe`)
    await execute(compiler, ['-DTRIAL_MS=6000u', '-municode', '-O2', '-s', '-static', '-o', out, source, '-ladvapi32'])
  }
  const started = (name: string) => readFile(at(`${name}/started.txt`), 'utf8').catch(() => '')
  /** `sleep` keeps the host's standard input open; cmd would close it at once. */
  function startHost(name: string): Promise<unknown> {
    return lab.run(['infiniservice-host.exe', '--console'], `/mnt/${name}`)
  }

  it('swaps, and keeps an update that confirms itself; a host that is killed takes its agent along', async () => {
    await stage('confirm', { first: 0, second: 2 })
    const host = startHost('confirm')
    await expect.poll(() => has('confirm/infiniservice.exe.trial'), patience).toBe(false)
    expect(await started('confirm')).toBe('2;')
    expect(await has('confirm/infiniservice.exe.previous')).toBe(true)
    expect(await has('confirm/infiniservice.exe.new')).toBe(false)
    expect((await lab.processes('confirm')).some((line) => line.includes('infiniservice.exe'))).toBe(true)
    await lab.run(['taskkill', '/f', '/im', 'infiniservice-host.exe'])
    await host
    await expect.poll(() => lab.processes('confirm\\infiniservice.exe'), patience).toEqual([])
  })

  it('takes back an update that crashes, after three starts', async () => {
    await stage('crash', { first: 0, second: 1 })
    const host = startHost('crash')
    await expect.poll(() => started('crash'), patience).toBe('2;2;2;1;')
    expect(await readFile(at('crash/infiniservice.exe.returned'), 'utf8')).toBe(
      'version=2\nfrom=1\nreason=it did not stay up in 3 starts\n',
    )
    expect(await has('crash/infiniservice.exe.trial')).toBe(false)
    await lab.run(['taskkill', '/f', '/im', 'infiniservice-host.exe'])
    await host
  })

  it('takes back an update that hangs', async () => {
    await stage('hang', { first: 0, second: 0 })
    const host = startHost('hang')
    await expect.poll(() => started('hang'), patience).toBe('2;1;')
    expect(await readFile(at('hang/infiniservice.exe.returned'), 'utf8')).toContain('reason=no handshake within 60 s')
    await lab.run(['taskkill', '/f', '/im', 'infiniservice-host.exe'])
    await host
  })

  it('uses the previous agent where a power cut left none in place', async () => {
    await stage('cut', { first: 0, second: 0 })
    await rename(at('cut/infiniservice.exe'), at('cut/infiniservice.exe.previous'))
    await rm(at('cut/infiniservice.exe.new'))
    const host = startHost('cut')
    await expect.poll(() => started('cut'), patience).toBe('1;')
    expect(await has('cut/infiniservice.exe.trial')).toBe(false)
    await lab.run(['taskkill', '/f', '/im', 'infiniservice-host.exe'])
    await host
  })
})

describe('the service host under the service manager', () => {
  it('is created, runs with the agent as its child, and stops with it', async () => {
    await mkdir(at('service'))
    const host = await compileServiceHost(() => undefined)
    await writeFile(at('service/infiniservice-host.exe'), host ?? '')
    await copyFile(at('infiniservice.exe'), at('service/infiniservice.exe'))
    const program = 'Z:\\mnt\\service\\infiniservice-host.exe'
    expect((await lab.run(['sc', 'create', 'Infiniservice', 'binPath=', program])).code).toBe(0)
    await lab.run(['sc', 'start', 'Infiniservice'])
    const state = async () =>
      /STATE\s*:\s*\d+\s+(\w+)/.exec((await lab.run(['sc', 'query', 'Infiniservice'])).output)?.[1]
    await expect.poll(state, patience).toBe('RUNNING')
    await expect.poll(async () => (await lab.processes('service\\infiniservice.exe')).length, patience).toBe(1)
    await lab.run(['sc', 'stop', 'Infiniservice'])
    await expect.poll(state, patience).toBe('STOPPED')
    await expect.poll(() => lab.processes('service\\infiniservice'), patience).toEqual([])
  })
})
