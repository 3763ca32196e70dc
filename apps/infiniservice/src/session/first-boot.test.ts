import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@slipway/base'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { handshakeAck, makeTalk } from '../testing/talk.ts'
import { makeFirstBoot } from './first-boot.ts'

const report = {
  installation_id: 'ins_1',
  urls: ['https://10.0.2.2:4443'],
  token: 'one-time',
  ca_pem: 'PEM',
  boot_environment: 'be-1',
}
let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'first-boot-'))
  path = join(folder, 'first-boot.json')
  writeFileSync(path, JSON.stringify(report))
})
afterEach(() => rmSync(folder, { recursive: true }))

function start(confirm: () => Promise<void>) {
  const firstBoot = makeFirstBoot({ path, logger: silentLogger, confirm })
  const talk = makeTalk({ parts: [firstBoot.part], firstBoot: () => firstBoot.pending() })
  talk.host.arrive()
  return talk
}

describe('the first boot of an installed machine', () => {
  it('is confirmed by the handshake: the boot environment is made permanent, then the token goes', async () => {
    const confirm = vi.fn(() => Promise.resolve())
    const talk = start(confirm)
    expect(talk.seen()[0]).toMatchObject({ first_boot: { installation_id: 'ins_1', token: 'one-time' } })
    expect(confirm).not.toHaveBeenCalled()
    talk.say(handshakeAck('s1'))
    await vi.waitFor(() => expect(existsSync(path)).toBe(false))
    expect(confirm).toHaveBeenCalledExactlyOnceWith(report)
    talk.session.restart()
    expect(talk.seen()[0]).not.toHaveProperty('first_boot')
  })

  it('keeps the token when the boot environment cannot be confirmed, and tries again', async () => {
    let fails = true
    const confirm = vi.fn(() => (fails ? Promise.reject(new Error('zpool')) : Promise.resolve()))
    const talk = start(confirm)
    talk.say(handshakeAck('s1'))
    await vi.waitFor(() => expect(confirm).toHaveBeenCalledTimes(1))
    expect(existsSync(path)).toBe(true)
    fails = false
    talk.session.restart()
    talk.say(handshakeAck('s2'))
    await vi.waitFor(() => expect(existsSync(path)).toBe(false))
  })

  it.each(['', '{}', '{"installation_id":7}'])('is not claimed by a file that says %j', (text) => {
    writeFileSync(path, text)
    const talk = start(() => Promise.resolve())
    expect(talk.seen()[0]).not.toHaveProperty('first_boot')
  })
})
