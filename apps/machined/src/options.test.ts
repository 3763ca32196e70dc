import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { kernelInstcomd, parseEndpoint, parseOptions } from './options.ts'
import { parseFaultChoice, parseSimulateOptions } from './simulate/simulate-options.ts'

describe('the command line', () => {
  it('has the published defaults', () => {
    expect(parseOptions(['--data-dir', '/d', '--host', 'linux'])).toEqual({
      dataDir: '/d',
      listen: { host: '0.0.0.0', port: 8443 },
      host: 'linux',
      enrolment: null,
      instcomd: [],
      group: '239.255.255.250',
      discoveryPort: 1900,
      interface: null,
    })
  })

  it.each([
    [['--host', 'linux'], /--data-dir/],
    [['--data-dir', '/d', '--host', 'windows'], /--host must be/],
    [['--data-dir', '/d', '--listen', '8443'], /ADDR:PORT/],
    [['--data-dir', '/d', '--listen', '0.0.0.0:70000'], /0 to 65535/],
    [['--data-dir', '/d', '--instcomd', 'http://h'], /https/],
    [['--data-dir', '/d', '--nonsense'], /nonsense/],
  ])('refuses %j with a cure', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message)
  })

  it('splits addresses of both families from their port', () => {
    expect(parseEndpoint('[::]:8443', '--listen')).toEqual({ host: '::', port: 8443 })
    expect(parseEndpoint('127.0.0.1:0', '--listen')).toEqual({ host: '127.0.0.1', port: 0 })
  })

  it('takes instcomd’s address from the kernel’s arguments', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'slipway-cmdline-')), 'cmdline')
    await writeFile(file, 'console=ttyS0 instcomd=https://10.0.2.2:4443 quiet\n')
    expect(await kernelInstcomd(file)).toEqual(['https://10.0.2.2:4443'])
    expect(await kernelInstcomd('/no/such/file')).toEqual([])
  })
})

describe('the command line of simulate', () => {
  it('reads faults with and without a machine', () => {
    expect(parseFaultChoice('disk-fail:sim-0004')).toEqual({ machine: 'sim-0004', fault: null })
    expect(parseFaultChoice('slow=3')).toEqual({ machine: null, fault: { kind: 'slow', factor: 3 } })
    expect(parseFaultChoice('power-cut:sim-0001@pull-layer')).toEqual({
      machine: 'sim-0001',
      fault: { kind: 'power-cut', at: 'pull-layer' },
    })
    expect(parseFaultChoice('disk-fail=vdb@create-pool:rpool')).toEqual({
      machine: null,
      fault: { kind: 'disk-fail', disk: 'vdb', at: 'create-pool:rpool', after_bytes: 0 },
    })
    expect(() => parseFaultChoice('explode')).toThrow(/not a fault/)
  })

  it('listens where discovery is bound unless told otherwise', () => {
    expect(parseSimulateOptions([]).listen).toEqual({ host: '127.0.0.1', port: 0 })
    expect(parseSimulateOptions(['--interface', '10.0.0.5']).listen).toEqual({ host: '10.0.0.5', port: 0 })
    expect(parseSimulateOptions(['--listen-base', '127.0.0.1:9000']).listen).toEqual({ host: '127.0.0.1', port: 9000 })
    expect(() => parseSimulateOptions(['--machines', '0'])).toThrow(/1 to 9999/)
  })
})
