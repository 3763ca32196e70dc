import { checkConfig } from '@slipway/machine-config'
import type { MachineConfig } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { findClashes } from './find-clashes.ts'

it.each([
  ['names and addresses of their own', [configOf('a', '10.0.0.1/24'), configOf('b', '10.0.0.2/24')], {}],
  [
    'one name twice, in other letters',
    [configOf('node', '10.0.0.1/24'), configOf('Node', '10.0.0.2/24'), configOf('c', '10.0.0.3/24')],
    { 'machine-1': 'machine machine-0 of this batch gets the hostname Node as well; give every machine its own' },
  ],
  [
    'one address in three networks',
    [configOf('a', '10.0.0.1/24'), configOf('b', '10.0.0.1/16'), configOf('c', '10.0.0.1/8')],
    {
      'machine-1': 'machine machine-0 of this batch gets the address 10.0.0.1 as well; give every machine its own',
      'machine-2': 'machine machine-0 of this batch gets the address 10.0.0.1 as well; give every machine its own',
    },
  ],
])('%s', (_, configs, expected) => {
  const filled = configs.map((config, index) => ({ machineId: `machine-${index}`, config }))
  expect(Object.fromEntries(findClashes(filled))).toEqual(expected)
})

function configOf(hostname: string, address: string): MachineConfig {
  const { config, findings } = checkConfig(`pool "rpool" {
    vdev "stripe" {
        disks "vda"
    }
}
image "oci://registry.example.com/app:1"
sysconfig {
    hostname "${hostname}"
    interface "net0" {
        address name="primary" kind="static" "${address}"
    }
}
`)
  if (!config) throw new Error(findings.map(({ message }) => message).join(' '))
  return config
}
