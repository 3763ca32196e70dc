import { checkConfig } from '@slipway/machine-config'
import { expect, it } from 'vitest'
import { editChain, setList } from './edit-chain.ts'

const text = `sysconfig {
    hostname "db-01"
    nameserver "192.0.2.1" // first
    nameserver "192.0.2.2"
}
`
const old = ['192.0.2.1', '192.0.2.2']

it.each([[['192.0.2.1', '192.0.2.9']], [['192.0.2.1']], [[]], [['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']]])(
  'a list becomes %j',
  (wanted) => {
    const edited = setList('/sysconfig/nameservers', old, wanted)(text)
    expect(edited.ok && checkConfig(edited.value).config?.sysconfig.nameservers).toEqual(wanted)
  },
)

it('an entry that stays keeps its comment', () => {
  const edited = setList('/sysconfig/nameservers', old, ['192.0.2.1'])(text)
  expect(edited).toMatchObject({ ok: true, value: expect.stringContaining('// first') })
})

it('a refusal ends the chain', () => {
  const refused = setList('/nowhere', [], ['x'])
  expect(editChain(refused, () => expect.unreachable())(text)).toMatchObject({ ok: false })
})
