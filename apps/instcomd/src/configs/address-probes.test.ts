import type { ConfigCheck, ErrorBody, Finding } from '@slipway/protocol'
import { simpleConfig } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTestDatabase } from '../testing/test-database.ts'
import { startTestRack, type TestRack } from '../testing/test-rack.ts'

describe('the static addresses of a config', () => {
  let rack: TestRack
  beforeAll(async () => {
    const { url } = await makeTestDatabase()
    rack = await startTestRack({ databaseUrl: url })
    await rack.startMachines(2, ['--fault', 'taken:sim-0001=192.0.2.20'])
    await rack.machines(2)
  })
  afterAll(() => rack?.stop())

  async function configWith(machineId: string, address: string): Promise<string> {
    const kdl = simpleConfig(await rack.inventory(machineId), rack.image)
    return kdl.replace('kind="dhcp4"', `kind="static" "${address}"`)
  }
  const check = async (machineId: string, kdl: string) =>
    (await rack.call<ConfigCheck>('POST', '/api/configs/check', { machine_id: machineId, kdl })).body
  const lineOf = (kdl: string) => kdl.split('\n').findIndex((line) => line.includes('kind="static"')) + 1
  const inUse = (kdl: string) => ({ severity: 'error', code: 'address-in-use', line: lineOf(kdl) })

  it('are asked for on the machine’s own links: a check shows the conflict at its line, with who has it', async () => {
    const kdl = await configWith('sim-0001', '192.0.2.20/24')
    const checked = await check('sim-0001', kdl)
    expect(checked.valid).toBe(false)
    const errors = checked.findings.filter(({ severity }) => severity === 'error')
    expect(errors).toMatchObject([{ ...inUse(kdl), message: expect.stringContaining('02:5e:c0:00:02:14') }])
  })

  it('are asked for by the plan too, which is refused', async () => {
    const kdl = await configWith('sim-0001', '192.0.2.20/24')
    const plan = await rack.call<ErrorBody>('POST', '/api/plans', { machine_id: 'sim-0001', kdl })
    expect(plan).toMatchObject({ status: 422, body: { error: { code: 'config-invalid' } } })
    expect(plan.body.error.details.findings).toContainEqual(expect.objectContaining(inUse(kdl)))
  })

  it('that nobody has pass without a word', async () => {
    const codes = (found: readonly Finding[]) =>
      found.map(({ code }) => code).filter((code) => code.startsWith('address'))
    const other = await check('sim-0001', await configWith('sim-0001', '192.0.2.21/24'))
    expect([other.valid, codes(other.findings)]).toEqual([true, []])
    const elsewhere = await check('sim-0002', await configWith('sim-0002', '192.0.2.20/24'))
    expect([elsewhere.valid, codes(elsewhere.findings)]).toEqual([true, []])
  })

  it('are said not to be probed where the machine does not answer any more', async () => {
    const kdl = await configWith('sim-0002', '192.0.2.22/24')
    await rack.stopMachines()
    const checked = await check('sim-0002', kdl)
    expect(checked.valid).toBe(true)
    expect(checked.findings).toContainEqual(
      expect.objectContaining({ severity: 'info', code: 'address-not-probed', line: lineOf(kdl) }),
    )
    expect(checked.findings.map(({ message }) => message).join()).toContain('sim-0002 does not answer')
  })
})
