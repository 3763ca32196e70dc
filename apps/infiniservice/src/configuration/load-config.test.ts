import { mkdtempSync, rmSync, statSync, readFileSync, writeFileSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstBootPath as hostsFirstBootPath } from '@slipway/host'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agentPaths, firstBootPath, type AgentPaths } from './agent-paths.ts'
import { loadConfig, type LoadedConfig } from './load-config.ts'
import { makeSecretFile } from './secret-file.ts'

let folder: string
let paths: AgentPaths

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'))
  const usual = agentPaths({ platform: 'linux', env: {}, config: join(folder, 'config.json') })
  paths = { ...usual, environment: join(folder, 'environment'), productUuid: join(folder, 'product_uuid') }
  writeFileSync(join(folder, 'environment'), 'PATH=/bin\nINFINIBAY_VM_ID="vm-1"\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

function load(config?: unknown, env: NodeJS.ProcessEnv = {}): LoadedConfig {
  if (config !== undefined)
    writeFileSync(paths.config, typeof config === 'string' ? config : JSON.stringify(config), 'utf8')
  return loadConfig({ paths, env, platform: 'linux' })
}

const problems = (loaded: LoadedConfig) =>
  loaded.ok ? [] : loaded.problems.map(({ where, what }) => `${where}: ${what}`)

describe('the configuration', () => {
  it('has a default for everything but the machine’s id', () => {
    expect(load()).toEqual({
      ok: true,
      config: {
        vmId: 'vm-1',
        secret: null,
        device: '/dev/virtio-ports/org.infinibay.agent',
        stateDir: '/var/lib/infiniservice',
        outputCapBytes: 16 * 1024 * 1024,
        metricsIntervalS: null,
        logLevel: 'info',
        server: null,
        firstBootFile: '/etc/slipway/first-boot.json',
      },
    })
  })

  it('is read', () => {
    writeFileSync(join(folder, 'ca.pem'), 'PEM')
    const file = {
      device: '/dev/vport1p1',
      state_dir: '/data',
      output_cap_bytes: 65_536,
      metrics_interval_s: 5,
      log_level: 'debug',
      server: { url: 'wss://[fd00::1]/' },
    }
    expect(load(file)).toMatchObject({
      config: {
        device: '/dev/vport1p1',
        stateDir: '/data',
        outputCapBytes: 65_536,
        metricsIntervalS: 5,
        logLevel: 'debug',
        server: { hostname: 'fd00::1', port: 4443, caPem: 'PEM' },
      },
    })
  })

  it('says everything that is wrong at once', () => {
    writeFileSync(join(folder, 'environment'), '')
    writeFileSync(join(folder, 'agent.env'), 'INFINISERVICE_SHARED_SECRET=short\n')
    const found = problems(load({ log_level: 'loud', outputcap: 1, server: { url: 'ftp://x' } }))
    expect(found).toHaveLength(5)
    expect(found.join('\n')).toContain('config.json: log_level: it has to be one of debug, info, warn, error')
    expect(found.join('\n')).toContain('it has the unknown name ["outputcap"]')
    expect(found.join('\n')).toContain('server.url: it has to be {"url"')
    expect(found.join('\n')).toContain('INFINIBAY_VM_ID is not set')
    expect(found.join('\n')).toContain('agent.env: INFINISERVICE_SHARED_SECRET is not 16')
  })

  it.each(['{', '[]', '7', 'null'])('refuses %s', (text) => {
    expect(problems(load(text))).toHaveLength(1)
  })

  it('wants the CA of a server', () => {
    expect(problems(load({ server: { url: 'https://h:1' } }))).toEqual([
      expect.stringContaining('ca.pem: it is missing'),
    ])
  })

  it('takes the id from the environment first, the secret from its file first', () => {
    writeFileSync(join(folder, 'agent.env'), "INFINISERVICE_SHARED_SECRET='0123456789abcdef-file'\n")
    const env = { INFINIBAY_VM_ID: 'vm-2', INFINISERVICE_SHARED_SECRET: '0123456789abcdef-env' }
    expect(load(undefined, env)).toMatchObject({ config: { vmId: 'vm-2', secret: '0123456789abcdef-file' } })
    rmSync(join(folder, 'agent.env'))
    expect(load(undefined, env)).toMatchObject({ config: { secret: '0123456789abcdef-env' } })
  })

  it('has the SMBIOS UUID for an id where none was given', () => {
    writeFileSync(join(folder, 'environment'), '')
    writeFileSync(join(folder, 'product_uuid'), '4C4C4544-0051-3510-8052-B4C04F4E4432\n')
    expect(load()).toMatchObject({ config: { vmId: '4c4c4544-0051-3510-8052-b4c04f4e4432' } })
    writeFileSync(join(folder, 'product_uuid'), '00000000-0000-0000-0000-000000000000\n')
    expect(problems(load())).toEqual([expect.stringContaining('INFINIBAY_VM_ID is not set')])
  })

  it('knows the installer’s file by the same name as the host package', () => {
    expect(firstBootPath).toBe(hostsFirstBootPath)
  })

  it('lies under %ProgramData% on Windows', () => {
    const found = agentPaths({ platform: 'win32', env: { ProgramData: 'D:\\Data' } })
    expect(found.config.replaceAll('/', '\\')).toBe('D:\\Data\\Infiniservice\\config.json')
    expect(found.environment).toBeNull()
  })
})

describe('the secret’s file', () => {
  it('keeps its other lines and is for its owner alone, also when it was not before', async () => {
    const file = join(folder, 'agent.env')
    writeFileSync(file, '# ours\nINFINISERVICE_SHARED_SECRET=old\nOTHER=1\n')
    chmodSync(file, 0o644)
    writeFileSync(`${file}.new`, 'left by a power cut')
    chmodSync(`${file}.new`, 0o644)
    const secret = makeSecretFile(file, 'old')
    await secret.store('f'.repeat(64))
    expect(secret.current()).toBe('f'.repeat(64))
    expect(readFileSync(file, 'utf8')).toBe(`# ours\nOTHER=1\nINFINISERVICE_SHARED_SECRET=${'f'.repeat(64)}\n`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('keeps the old secret when it cannot be written', async () => {
    const secret = makeSecretFile(join(folder, 'no', 'agent.env'), 'old')
    await expect(secret.store('new')).rejects.toThrow(/ENOENT/)
    expect(secret.current()).toBe('old')
  })
})
