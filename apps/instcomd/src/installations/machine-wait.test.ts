import { Fault } from '@slipway/base'
import { describe, expect, it } from 'vitest'
import { machineWait, waitDeadlineMs } from './machine-wait.ts'

function failure(code: string): Fault {
  const cause = Object.assign(new Error(`connect ${code} 192.0.2.7:8443`), { code, syscall: 'connect' })
  return new Fault('machine-unreachable', 'machine m does not answer', { cause, details: { address: '192.0.2.7' } })
}

const wait = (waitedMs: number, code = 'ECONNREFUSED') =>
  machineWait(failure(code), { machineId: 'm', attempts: 4, waitedMs })

describe('waiting for a machine', () => {
  it('tries again soon and says how far the connection came', () => {
    const { delayMs, error } = wait(60_000)
    expect(delayMs).toBeLessThanOrEqual(8000)
    expect(error).toMatchObject({
      code: 'machine-unreachable',
      kind: 'network',
      details: {
        waiting: true,
        overdue: false,
        attempts: 4,
        waited_seconds: 60,
        stopped_at: 'tcp',
        address: '192.0.2.7',
      },
    })
    expect(error.details['tried']).toEqual([
      { stage: 'route', ok: true, detail: 'passed' },
      { stage: 'tcp', ok: false, detail: 'connect ECONNREFUSED 192.0.2.7:8443' },
    ])
    expect(error.cure).toMatch(/goes on by itself/)
  })

  it('is overdue after its deadline: another kind, another cure, seldom tries', () => {
    expect(wait(waitDeadlineMs - 1).error.kind).toBe('network')
    const { delayMs, error } = wait(waitDeadlineMs)
    expect(delayMs).toBe(5 * 60_000)
    expect(error).toMatchObject({ code: 'machine-unreachable', kind: 'timeout', details: { overdue: true } })
    expect(error.message).toContain('has not answered for 30 minutes')
  })

  it.each([
    ['EHOSTUNREACH', 'route'],
    ['ENETUNREACH', 'route'],
    ['ETIMEDOUT', 'tcp'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['ECONNRESET', 'http'],
  ])('%s stopped at %s', (code, stage) => {
    expect(wait(0, code).error.details['stopped_at']).toBe(stage)
  })

  it('names trust as trust, not as the network', () => {
    const refused = new Fault('certificate-refused', 'another CA')
    const { error } = machineWait(refused, { machineId: 'm', attempts: 1, waitedMs: 0 })
    expect(error).toMatchObject({ code: 'certificate-refused', kind: 'certificate', details: { waiting: true } })
    expect(error.details).not.toHaveProperty('tried')
  })
})
