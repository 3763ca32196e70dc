import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleConfig, startRack, type Rack } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

const ids = ['sim-0001', 'sim-0002', 'sim-0003']

describe('many machines from one config, on the command line', () => {
  let rack: Rack
  const folder = mkdtempSync(join(tmpdir(), 'slipway-batch-'))
  const config = join(folder, 'rack.kdl')
  const values = join(folder, 'values.csv')

  beforeAll(async () => {
    rack = await startRack({ machines: 3 })
    const inventory = await rack.client.call('getMachineInventory', { params: { machine_id: 'sim-0001' } })
    // The same for all: its own name and the bus order of the card, not one machine's MAC.
    writeFileSync(config, simpleConfig(inventory, rack.image).replace(/ selector="[^"]+"/u, ''))
  }, 120_000)
  afterAll(async () => {
    await rack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const slipway = (...args: readonly string[]) =>
    runCli(['install-batches', ...args], {
      env: { HOME: folder, SLIPWAY_URL: rack.url, SLIPWAY_TOKEN: rack.token },
    })
  const writeValues = (...hostnames: readonly string[]) =>
    writeFileSync(
      values,
      ['machine,/sysconfig/hostname', ...ids.map((id, at) => `${id},${hostnames[at]}`), ''].join('\n'),
    )
  const start = (...args: readonly string[]) => slipway('start', config, '--name=rack 7', '--values', values, ...args)

  it('checks them all, and says which machine gets what it cannot have', async () => {
    writeValues('web-1', 'web_2', 'web-1')
    const checked = await slipway('check', config, '--values', values)
    expect(checked.code).toBe(3)
    expect(checked.out).toContain('sim-0001: can be installed')
    expect(checked.out).toMatch(/sim-0002: cannot be installed\n {2}\/sysconfig\/hostname: .*web_2/u)
    expect(checked.out).toMatch(
      /sim-0003: cannot be installed\n.*machine sim-0001 of this batch gets the hostname web-1/u,
    )
  })

  it('starts none of them while one is in the way', async () => {
    const refused = await start()
    expect(refused.code).toBe(4)
    expect(refused.err).toMatch(/nothing was started: sim-0002: .*\(and 1 more\)/u)
    expect((await rack.client.call('listInstallations', {})).items).toEqual([])
  })

  it('installs them all, each with its own name, and stays until they are done', async () => {
    writeValues('web-1', 'web-2', 'web-3')
    const done = await start()
    expect(done).toMatchObject({ code: 0, err: '' })
    expect(done.out).toContain('3 of 3 machines completed.')
    const [batch] = (await rack.client.call('listInstallBatches', {})).items
    expect(batch).toMatchObject({ name: 'rack 7', states: { completed: 3 } })
    expect((await slipway('list')).out).toMatch(/rack 7 +3 +3 completed/u)
    expect((await slipway('show', batch?.id ?? '')).out).toMatch(/sim-0003 +completed +100/u)
    for (const [at, machine_id] of ids.entries()) {
      const [kept] = (await rack.client.call('listKeptConfigs', { query: { machine_id, limit: 1 } })).items
      const { kdl } = await rack.client.call('getKeptConfig', { params: { id: kept?.id ?? '' } })
      expect(kdl).toContain(`hostname "web-${at + 1}"`)
    }
  }, 120_000)
})
