import { Fault, faultTable, type FaultCode } from '@slipway/base'
import { describe, expect, it } from 'vitest'
import { connectToFault, faultHeader, faultToConnect } from './fault-connect.ts'

function over(fault: Fault): Fault {
  const rpc = faultToConnect(fault)
  const metadata = { get: (name: string) => rpc.headers[name] ?? null }
  return connectToFault({ code: rpc.code, rawMessage: rpc.message, metadata })
}

describe('a Fault over the control channel', () => {
  it('arrives with code, message and details for every code of the table', () => {
    // Object.keys loses the literal type; the table's keys are the codes by construction
    for (const code of Object.keys(faultTable) as FaultCode[]) {
      const there = over(new Fault(code, `größe – ${code}`, { details: { holder: 'ärger\n"x"', fence: 7 } }))
      expect(there.code).toBe(code)
      expect(there.message).toBe(`größe – ${code}`)
      expect(there.details).toEqual({ holder: 'ärger\n"x"', fence: 7 })
    }
  })

  it('leaves out details that no header could carry, but keeps the code', () => {
    const there = over(new Fault('machine-busy', 'busy', { details: { long: 'x'.repeat(20_000) } }))
    expect(there.code).toBe('machine-busy')
    expect(there.details).toEqual({})
  })

  it.each([
    [14, 'machine-unreachable'],
    [2, 'machine-unreachable'],
    [1, 'cancelled'],
    [16, 'certificate-refused'],
  ])('judges an error that carries none by its code: %d is %s', (code, expected) => {
    expect(connectToFault({ code, rawMessage: 'x', metadata: { get: () => null } }).code).toBe(expected)
  })

  it.each(['%', 'null', encodeURIComponent('{"code":"no-such-code"}'), encodeURIComponent('[1]')])(
    'does not trust a damaged header: %s',
    (text) => {
      const metadata = { get: (name: string) => (name === faultHeader ? text : null) }
      expect(connectToFault({ code: 14, rawMessage: 'x', metadata }).code).toBe('machine-unreachable')
    },
  )
})
