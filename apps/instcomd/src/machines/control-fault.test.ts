import { Code, ConnectError } from '@connectrpc/connect'
import { expect, test } from 'vitest'
import { controlFault } from './control-fault.ts'

const machine = { machine_id: 'm-1', address: '10.77.0.92', port: 8443 }

test.each(['EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ETIMEDOUT'])(
  '%s of a machine without power is unreachable',
  (errno) => {
    // As connect-node 2.2 makes it of an error that it does not know (seen when QEMU was killed under an installation).
    const cause = Object.assign(new Error(`connect ${errno} 10.77.0.92:8443`), { code: errno, syscall: 'connect' })
    const fault = controlFault(machine, ConnectError.from(cause, Code.Internal))
    expect(fault.code).toBe('machine-unreachable')
    expect(fault.message).toContain(errno)
  },
)

test('of an installed machine is said how it is reached again', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
  expect(controlFault(machine, refused).message).toContain('check its power')
  expect(controlFault({ ...machine, runsInstalled: true }, refused).message).toContain('start it from the live medium')
})

test('an error that is not of the network stays what it is', () => {
  expect(controlFault(machine, new ConnectError('bug', Code.Internal)).code).toBe('internal')
})
