import type { PoolConfig } from '@slipway/protocol'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkConfig } from '../check-config.ts'
import { printConfig } from '../print/print-config.ts'
import { arbitraryConfig } from '../testing/arbitrary-config.ts'
import { addPart, removePart, replaceStorage, type StorageConfig } from './structure.ts'

const text = `// top
pool "rpool" { // the system
    vdev "mirror" { disks "a" "b" }
}
image "oci://a.example.com/b" // image
wipe "quick" { disks "b" } // old
sysconfig {
    hostname "m1" // host
    interface "net0" {
        address name="a" kind="dhcp4" // lease
    }
    user "ada" { ssh-key "ssh-ed25519 AAAA" }
}
`

function configAfter(result: ReturnType<typeof addPart>) {
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join())
  return { text: result.value, config: checkConfig(result.value).config }
}

describe('addPart', () => {
  it('adds a vdev, an address and a user each into its node, and keeps all comments', () => {
    const vdev = configAfter(addPart(text, '/pools/0', { kind: 'vdev', value: { kind: 'log', disks: ['c'] } }))
    const value = { name: 'v6', kind: 'addrconf', address: null } as const
    const address = configAfter(addPart(vdev.text, '/sysconfig/interfaces/0', { kind: 'address', value }))
    const user = { name: 'ben', ssh_keys: [], password_hash: null, sudo: true }
    const done = configAfter(addPart(address.text, '/sysconfig', { kind: 'user', value: user }))
    expect(done.config?.pools[0]?.vdevs).toEqual([
      { kind: 'mirror', disks: ['a', 'b'] },
      { kind: 'log', disks: ['c'] },
    ])
    expect(done.config?.sysconfig.interfaces[0]?.addresses[1]).toEqual(value)
    expect(done.config?.sysconfig.users.map(({ name }) => name)).toEqual(['ada', 'ben'])
    for (const line of text.split('\n')) expect(done.text).toContain(line)
  })

  it('adds a pool and a wipe to the document', () => {
    const value: PoolConfig = {
      name: 'data',
      root: false,
      existing: false,
      vdevs: [{ kind: 'stripe', disks: ['d'] }],
      options: {},
    }
    const added = addPart(text, '', { kind: 'pool', value })
    expect(configAfter(added).config?.pools.map(({ name, root }) => [name, root])).toEqual([
      ['rpool', true],
      ['data', false],
    ])
  })

  it('refuses a place that is not there', () => {
    expect(addPart(text, '/pools/3', { kind: 'vdev', value: { kind: 'log', disks: ['c'] } })).toMatchObject({
      ok: false,
      error: [{ code: 'edit-pointer-unknown' }],
    })
  })
})

describe('removePart', () => {
  it.each([
    ['/pools/0/vdevs/0', '    vdev "mirror" { disks "a" "b" }\n', ''],
    ['/sysconfig/users/0', '    user "ada" { ssh-key "ssh-ed25519 AAAA" }\n', ''],
    ['/wipes/0', 'wipe "quick" { disks "b" } // old', '// old'],
  ])('%s', (pointer, gone, left) => {
    const removed = removePart(text, pointer)
    expect(removed).toEqual({ ok: true, value: text.replace(gone, left) })
  })

  it('gives the syntax findings of a text that does not parse', () => {
    expect(removePart('pool }', '/pools/0')).toMatchObject({ ok: false, error: [{ code: 'syntax-error' }] })
  })
})

describe('replaceStorage', () => {
  it('writes the storage where it stood, and leaves the rest', () => {
    const storage: StorageConfig = { pools: [], filesystem: { kind: 'ext4', disks: ['z'] }, wipes: [] }
    expect(replaceStorage(text, storage)).toEqual({
      ok: true,
      value: `// top
filesystem "ext4" {
    disks "z"
}
${text.slice(text.indexOf('image')).replace('wipe "quick" { disks "b" } // old', '// old')}`,
    })
  })

  it('gives any config any other’s storage, and changes nothing else', () => {
    fc.assert(
      fc.property(arbitraryConfig, arbitraryConfig, (one, other) => {
        const replaced = replaceStorage(printConfig(one), other)
        const { pools, filesystem, wipes } = other
        const config = replaced.ok ? checkConfig(replaced.value).config : null
        expect(config).toEqual({ ...one, pools, filesystem, wipes })
      }),
      { numRuns: 60 },
    )
  })
})
