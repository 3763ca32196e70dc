import { X509Certificate } from 'node:crypto'
import { isFault } from '@slipway/base'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeTestCa, type TestCa } from '../testing/test-ca.ts'
import { releasedAt } from '../version.ts'
import { instcomdName, verifyChain } from './verify-chain.ts'

const year = 31_536_000_000
let ca: TestCa
let root: X509Certificate

beforeAll(async () => {
  ca = await makeTestCa()
  root = new X509Certificate(ca.caPem)
})

async function leafOf(options: { notAfter?: Date; usage?: 'client' | 'server' } = {}): Promise<X509Certificate> {
  return new X509Certificate((await ca.issue('slipway:instcomd/one', options)).certificatePem)
}

function verdict(leaf: X509Certificate, now?: number, roots = [root]): string {
  try {
    verifyChain({ leaf, intermediates: [], roots, purpose: 'client', ...(now !== undefined && { now }) })
    return 'ok'
  } catch (error) {
    return isFault(error) ? error.message : String(error)
  }
}

describe('the check of a certificate', () => {
  it('takes one of the pinned CA', async () => {
    expect(verdict(await leafOf())).toBe('ok')
  })

  it('refuses another CA of the same name', async () => {
    const twin = await makeTestCa()
    const leaf = await leafOf()
    expect(verdict(leaf, undefined, [new X509Certificate(twin.caPem)])).toContain('does not chain')
    expect(verdict(leaf, undefined, [])).toContain('does not chain')
  })

  it('refuses what has expired, and what is not valid yet', async () => {
    expect(verdict(await leafOf(), Date.now() + year)).toContain('expired')
    expect(verdict(await leafOf({ notAfter: new Date(Date.now() - 1) }))).toContain('expired')
  })

  it('with a clock from before its CA still works, but takes nothing that is over by then', async () => {
    expect(verdict(await leafOf(), 0)).toBe('ok')
    const old = await leafOf({ notAfter: new Date(releasedAt - year) })
    expect(verdict(old, 0)).toContain('expired')
  })

  it('refuses a server’s certificate where a client must show one', async () => {
    expect(verdict(await leafOf({ usage: 'server' }))).toContain('may not be used by a client')
    expect(verdict(await leafOf({ usage: 'client' }))).toBe('ok')
  })
})

describe('the name of an instcomd', () => {
  it.each(['slipway:machine/one', 'slipway:instcomd/', 'https://x/slipway:instcomd/one', 'slipway:agent/one'])(
    'is not %s',
    async (uri) => {
      const { certificatePem } = await ca.issue(uri)
      expect(() => instcomdName(new X509Certificate(certificatePem))).toThrow(/does not name an instcomd/)
    },
  )

  it('is not hidden in the text of another name', async () => {
    const { certificatePem } = await ca.issue('slipway:machine/x, URI:slipway:instcomd/one')
    expect(() => instcomdName(new X509Certificate(certificatePem))).toThrow(/does not name an instcomd/)
  })

  it('is read from its URI', async () => {
    const { certificatePem } = await ca.issue('slipway:instcomd/a%20b')
    expect(instcomdName(new X509Certificate(certificatePem))).toBe('a b')
  })
})
