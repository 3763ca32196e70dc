import { certificateName, inventorySchema } from '@slipway/protocol'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { instcomdUri, machinePem, makeBench, secret, type Bench } from '../testing/bench.ts'
import { enrolAs, faultOf } from '../testing/connect-as.ts'
import { makeTestCa, type Issued } from '../testing/test-ca.ts'

let bench: Bench

beforeAll(async () => {
  bench = await makeBench()
})

afterEach(() => bench.close())

describe('who is obeyed', () => {
  it('refuses every call but Enroll before enrolment, with any certificate', async () => {
    const small = await bench.start({ enrolment: bench.file })
    for (const client of [bench.dial(small, null), bench.dial(small, bench.instcomd)]) {
      expect((await faultOf(client.getSystemInfo({}))).code).toBe('certificate-refused')
      expect((await faultOf(client.claim({ claim: { claimId: 'a', fence: 1n }, ttlSeconds: 300 }))).code).toBe(
        'certificate-refused',
      )
    }
  })

  it('enrols with the token of its live medium and serves the certificate it got', async () => {
    const small = await bench.start({ enrolment: bench.file })
    const before = small.machine.fingerprint()
    const client = await bench.enrolled(small)
    const inventory = inventorySchema.parse(JSON.parse((await client.getSystemInfo({})).inventoryJson))
    expect(inventory.machine_id).toBe('sim-test')
    expect(small.machine.fingerprint()).not.toBe(before)
    expect(small.machine.isEnrolled()).toBe(true)
  })

  it.each([
    ['a wrong token', { secret: 'T'.repeat(40) }, 'enrolment-refused'],
    ['a certificate for another machine', { handOver: { uri: 'slipway:machine/other' } }, 'certificate-refused'],
  ])('does not enrol with %s', async (_name, changes, code) => {
    const small = await bench.start({ enrolment: bench.file })
    const client = bench.dial(small, null)
    const pem = await machinePem(small)
    const fault = await faultOf(
      enrolAs({ client, ca: bench.ca, instcomd: bench.instcomd, secret, machinePem: pem, ...changes }),
    )
    expect(fault.code).toBe(code)
    expect(small.machine.isEnrolled()).toBe(false)
  })

  it('does not enrol with an instcomd of another CA, even one that knows the token', async () => {
    const small = await bench.start({ enrolment: bench.file })
    const other = await makeTestCa()
    const impostor = await other.issue(instcomdUri)
    const input = {
      client: bench.dial(small, null),
      ca: other,
      instcomd: impostor,
      secret,
      machinePem: await machinePem(small),
    }
    expect((await faultOf(enrolAs(input))).code).toBe('certificate-refused')
    expect(small.machine.isEnrolled()).toBe(false)
  })

  it('with a code, does not take a CA that did not sign the proven certificate', async () => {
    const small = await bench.start()
    const other = await makeTestCa()
    const code = (small.code() ?? '').replaceAll('-', '')
    const input = {
      client: bench.dial(small, null),
      ca: bench.ca,
      instcomd: bench.instcomd,
      secret: code,
      machinePem: await machinePem(small),
    }
    expect((await faultOf(enrolAs({ ...input, handOver: { caPem: other.caPem } }))).code).toBe('certificate-refused')
    expect(small.machine.isEnrolled()).toBe(false)
  })

  it('enrols with the code on its console, which is gone then', async () => {
    const small = await bench.start()
    const code = small.code()
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/)
    await bench.enrolled(small, code?.replaceAll('-', '') ?? '')
    expect(small.machine.isEnrolled()).toBe(true)
    expect(small.code()).toBeNull()
  })

  it('shows a new code after five wrong tries, and the old one is worth nothing', async () => {
    const small = await bench.start()
    const code = small.code() ?? ''
    const machine = await machinePem(small)
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(small.code()).toBe(code)
      const wrong = {
        client: bench.dial(small, null),
        ca: bench.ca,
        instcomd: bench.instcomd,
        secret: 'WRONG',
        machinePem: machine,
      }
      expect((await faultOf(enrolAs(wrong))).code).toBe('enrolment-refused')
    }
    expect(small.code()).not.toBe(code)
    const late = {
      client: bench.dial(small, null),
      ca: bench.ca,
      instcomd: bench.instcomd,
      secret: code.replaceAll('-', ''),
      machinePem: machine,
    }
    expect((await faultOf(enrolAs(late))).code).toBe('enrolment-refused')
  })

  it('obeys only certificates of its CA that name an instcomd', async () => {
    const small = await bench.start({ enrolment: bench.file })
    await bench.enrolled(small)
    const other = await makeTestCa()
    const refused: readonly (readonly [string, Issued | null])[] = [
      ['no certificate', null],
      ['another CA', await other.issue(instcomdUri)],
      ['the name of a machine', await bench.ca.issue(certificateName.machine('sim-test'))],
      ['the name of an agent', await bench.ca.issue(certificateName.agent('instcomd'))],
      ['an expired one', await bench.ca.issue(instcomdUri, { notAfter: new Date(Date.now() - 1000) })],
      ['one for servers alone', await bench.ca.issue(instcomdUri, { usage: 'server' })],
    ]
    for (const [name, issued] of refused) {
      const { code } = await faultOf(bench.dial(small, issued).getSystemInfo({}))
      expect([name, code]).toEqual([name, 'certificate-refused'])
    }
    const second = await bench.ca.issue(certificateName.instcomd('two'))
    expect((await bench.dial(small, second).getSystemInfo({})).inventoryJson).toContain('sim-test')
  })

  it('keeps the pinned CA over a restart of machined, and forgets it with a new boot', async () => {
    const small = await bench.start({ enrolment: bench.file })
    await bench.enrolled(small)
    await small.machine.stop()
    const again = await bench.start({ enrolment: bench.file, dataDir: small.dataDir, host: small.host })
    expect(again.machine.isEnrolled()).toBe(true)
    await again.machine.stop()
    small.host.inventory = { ...small.host.inventory, boot_id: 'boot-2' }
    const rebooted = await bench.start({ enrolment: bench.file, dataDir: small.dataDir, host: small.host })
    expect(rebooted.machine.isEnrolled()).toBe(false)
  })
})
