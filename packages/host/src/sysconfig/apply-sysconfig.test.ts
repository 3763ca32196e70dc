import { silentLogger } from '@slipway/base'
import type { SysconfigConfig } from '@slipway/protocol'
import fc from 'fast-check'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeCommandRunner } from '../command/command-runner.ts'
import { applySysconfig, type SysconfigReport } from './apply-sysconfig.ts'
import { pathInRoot } from './path-in-root.ts'
import { planSysconfig } from './plan-sysconfig.ts'
import { readFacts } from './read-facts.ts'
import { readSysconfigRecord } from './sysconfig-record.ts'
import { legalConfig } from './testing/arbitrary-config.ts'

const run = makeCommandRunner({ logger: silentLogger })
const signal = new AbortController().signal
const interfaces = [{ name: 'ens3', mac: '52:54:00:00:00:01', driver: 'virtio_net', bus_index: 0 }]
let root = ''

async function freshRoot(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'slipway-root-'))
  await mkdir(join(made, 'etc'))
  await writeFile(join(made, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/bash\n')
  await writeFile(join(made, 'etc/group'), 'root:x:0:\nshadow:x:42:\n')
  await writeFile(join(made, 'etc/shadow'), 'root:*:1::::::\n')
  return made
}

beforeEach(async () => {
  root = await freshRoot()
})
afterEach(() => rm(root, { recursive: true }))

async function apply(
  at: string,
  config: SysconfigConfig,
  platform: 'linux' | 'illumos',
  dryRun = false,
): Promise<SysconfigReport> {
  const plan = planSysconfig(config, await readFacts(at, config, interfaces), platform)
  return applySysconfig(plan, { root: at, dryRun, run, signal })
}

const changed = (report: SysconfigReport) => report.changes.filter((change) => change.action !== 'unchanged')

const config: SysconfigConfig = {
  hostname: 'machine-01',
  nameservers: ['192.0.2.1'],
  search: [],
  timezone: 'Europe/Zurich',
  locale: 'C.UTF-8',
  interfaces: [
    {
      name: 'net0',
      selector: null,
      addresses: [{ name: 'v4', kind: 'dhcp4', address: null }],
      gateways: [],
      mtu: null,
      vlan: null,
    },
  ],
  users: [{ name: 'ada', ssh_keys: ['ssh-ed25519 AAAA ada@desk'], password_hash: null, sudo: true }],
}

describe('applying to a root', () => {
  test('a second time changes nothing, for any config on both platforms', async () => {
    await fc.assert(
      fc.asyncProperty(legalConfig, fc.constantFrom('linux' as const, 'illumos' as const), async (any, platform) => {
        const at = await freshRoot()
        try {
          await apply(at, any, platform)
          expect(changed(await apply(at, any, platform))).toEqual([])
        } finally {
          await rm(at, { recursive: true })
        }
      }),
      { numRuns: 40 },
    )
  })

  test('a dry run tells the same changes and makes none', async () => {
    const wouldChange = changed(await apply(root, config, 'linux', true))
    expect(await readdir(root)).toEqual(['etc'])
    expect(await readdir(join(root, 'etc'))).toEqual(['group', 'passwd', 'shadow'])
    expect(changed(await apply(root, config, 'linux'))).toEqual(wouldChange)
  })

  test('keys are readable by their owner alone, and what the user added stays', async () => {
    await apply(root, config, 'linux')
    const path = join(root, 'home/ada/.ssh/authorized_keys')
    expect((await lstat(path)).mode & 0o777).toBe(0o600)
    await writeFile(path, `ssh-rsa BBBB own\n${await readFile(path, 'utf8')}`)
    await apply(
      root,
      { ...config, users: config.users.map((user) => ({ ...user, ssh_keys: ['ssh-rsa CCCC new'] })) },
      'linux',
    )
    const text = await readFile(path, 'utf8')
    expect(text).toContain('ssh-rsa BBBB own\n')
    expect(text).toContain('ssh-rsa CCCC new\n')
    expect(text).not.toContain('AAAA')
  })

  test('what changed is recorded with digests and modes', async () => {
    await apply(root, config, 'linux')
    const record = await readSysconfigRecord(root)
    expect(record?.changes).toContainEqual({
      path: '/etc/hostname',
      kind: 'file',
      action: 'created',
      before: null,
      after: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      mode: '0644',
    })
    await apply(root, config, 'linux')
    expect(await readSysconfigRecord(root)).toEqual(record)
  })

  test('links of the image lead nowhere outside its root', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'slipway-outside-'))
    await symlink(outside, join(root, 'etc/systemd'))
    await symlink(join(outside, 'hosts'), join(root, 'etc/hosts'))
    await apply(root, config, 'linux')
    expect(await readdir(outside)).toEqual([])
    expect((await lstat(join(root, 'etc/hosts'))).isFile()).toBe(true)
    expect(await readdir(join(root, outside, 'network'))).toContain('10-slipway-net0.network')
    await rm(outside, { recursive: true })
  })

  test('a user’s own link is not walked through', async () => {
    await mkdir(join(root, 'home/ada'), { recursive: true })
    await symlink('/etc', join(root, 'home/ada/.ssh'))
    await expect(apply(root, config, 'linux')).rejects.toMatchObject({ code: 'conflict' })
    expect(await readdir(join(root, 'etc'))).not.toContain('authorized_keys')
  })

  test('a user’s link to a secret does not bring its contents into the user’s file', async () => {
    await apply(root, config, 'linux')
    const keys = join(root, 'home/ada/.ssh/authorized_keys')
    await rm(keys)
    await symlink(join(root, 'etc/shadow'), keys)
    await apply(root, config, 'linux')
    expect(await readFile(keys, 'utf8')).not.toContain('root:')
    expect((await lstat(keys)).isFile()).toBe(true)
    expect(await readFile(join(root, 'etc/shadow'), 'utf8')).toContain('root:')
  })

  test('links that lead in a circle are an error and no endless loop', async () => {
    await symlink('b', join(root, 'a'))
    await symlink('a', join(root, 'b'))
    await expect(pathInRoot(root, '/a/file')).rejects.toMatchObject({ code: 'unsupported' })
    expect(await pathInRoot(root, '/../../etc/passwd')).toBe(join(root, 'etc/passwd'))
  })

  test('commands are for the running system only', async () => {
    expect((await apply(root, config, 'illumos')).commands).toEqual([])
  })
})
