import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agentPaths, type AgentPaths } from '../configuration/agent-paths.ts'
import { judgeUnit } from './check-service.ts'
import { diagnose, printDiagnosis } from './diagnose.ts'

const secret = '0123456789abcdef'.repeat(4)
let folder: string
let paths: AgentPaths

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diagnose-'))
  const usual = agentPaths({ platform: 'linux', env: {}, config: join(folder, 'config.json') })
  paths = { ...usual, environment: null }
  configure({ device: join(folder, 'port') })
})
afterEach(() => rmSync(folder, { recursive: true }))

const configure = (config: object) =>
  writeFileSync(paths.config, JSON.stringify({ state_dir: join(folder, 'state'), ...config }))

async function find(check: string) {
  const diagnosis = await diagnose({ paths, env: { INFINIBAY_VM_ID: 'vm-secret-name' }, platform: 'linux' })
  const found = diagnosis.checks.find((one) => one.check === check)
  return { diagnosis, found }
}

describe('--diagnose', () => {
  it('says what is wrong with the device and what to do, and shows neither id nor secret', async () => {
    writeFileSync(paths.secret, `INFINISERVICE_SHARED_SECRET=${secret}\n`, { mode: 0o600 })
    const { diagnosis, found } = await find('device')
    expect(diagnosis.ok).toBe(false)
    expect(found).toMatchObject({ status: 'problem', cure: expect.stringMatching(/channel named org.infinibay.agent/) })
    const text = printDiagnosis(diagnosis) + JSON.stringify(diagnosis)
    expect(text).toContain('PROBLEM  device')
    expect(text).not.toContain('vm-secret-name')
    expect(text).not.toContain(secret)
  })

  it('sees a secret that others can read', async () => {
    writeFileSync(paths.secret, `INFINISERVICE_SHARED_SECRET=${secret}\n`)
    chmodSync(paths.secret, 0o644)
    expect((await find('secret')).found).toMatchObject({ status: 'problem', cure: `chmod 600 ${paths.secret}` })
    chmodSync(paths.secret, 0o600)
    expect((await find('secret')).found?.status).toBe('ok')
    rmSync(paths.secret)
    expect((await find('secret')).found?.status).toBe('warning')
  })

  it('lists every error of the configuration', async () => {
    configure({ log_level: 'loud', typo: 1 })
    const { diagnosis } = await find('configuration')
    expect(diagnosis.checks.filter((check) => check.check === 'configuration')).toHaveLength(2)
    expect(diagnosis.ok).toBe(false)
  })

  it('sees a clock that is far from the host’s', async () => {
    const state = join(folder, 'state')
    configure({ state_dir: folder, device: state })
    const contact = { at: '2026-11-20T12:10:00Z', server_time: '2026-11-20T12:00:00Z', version: '1' }
    writeFileSync(join(folder, 'last-contact.json'), JSON.stringify(contact))
    expect((await find('clock')).found).toMatchObject({
      status: 'warning',
      message: 'the clock was 600 s ahead of the host’s at the last handshake',
    })
    expect((await find('contact')).found?.status).toBe('ok')
  })

  it('asks for a certificate where a server is named', async () => {
    writeFileSync(paths.ca, 'PEM')
    configure({ server: { url: 'wss://127.0.0.1:1' } })
    expect((await find('certificate')).found).toMatchObject({ status: 'problem', cure: expect.stringMatching(/token/) })
    expect((await find('server')).found?.status).toBe('problem')
  })
})

describe('the service', () => {
  it.each([
    ['LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNRestarts=0', 'ok'],
    ['LoadState=loaded\nActiveState=active\nUnitFileState=disabled\nNRestarts=0', 'warning'],
    ['LoadState=loaded\nActiveState=activating\nUnitFileState=enabled\nNRestarts=12', 'problem'],
    ['LoadState=not-found\nActiveState=inactive\nUnitFileState=', 'problem'],
  ])('in the state %j is %s', (text, status) => {
    expect(judgeUnit(text).status).toBe(status)
  })
})
