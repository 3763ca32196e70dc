import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeMinisignSigner } from '../testing/minisign-signer.ts'
import { checkMinisign, parseMinisignKey, parseMinisignSignature } from './minisign.ts'

const signer = makeMinisignSigner()
const key = parseMinisignKey(signer.publicKey)
const file = Buffer.from('the agent')
const prehash = createHash('blake2b512').update(file).digest()

describe('a minisign signature', () => {
  // The example of rust-minisign-verify's README: made by another program than ours.
  it('agrees with the published example key and signature', () => {
    const published = parseMinisignKey('RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3')
    const signature = parseMinisignSignature(
      [
        'untrusted comment: signature from minisign secret key',
        'RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=',
        'trusted comment: timestamp:1555779966\tfile:test',
        'QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==',
      ].join('\n'),
    )
    expect(signature.prehashed).toBe(false)
    expect(() => checkMinisign(published, signature, Buffer.from('test'))).not.toThrow()
    expect(() => checkMinisign(published, signature, Buffer.from('Test'))).toThrow(/does not fit/)
  })

  it('is right for the file it was made for, prehashed and legacy', () => {
    checkMinisign(key, parseMinisignSignature(signer.sign(file)), prehash)
    const legacy = parseMinisignSignature(signer.sign(file, { legacy: true }))
    expect(legacy.prehashed).toBe(false)
    checkMinisign(key, legacy, file)
  })

  it('is refused for another file, another key, and a changed comment', () => {
    const text = signer.sign(file)
    const other = createHash('blake2b512').update('another').digest()
    expect(() => checkMinisign(key, parseMinisignSignature(text), other)).toThrow(/does not fit/)
    const stranger = parseMinisignKey(makeMinisignSigner().publicKey)
    expect(() => checkMinisign(stranger, parseMinisignSignature(text), prehash)).toThrow(/by key/)
    const changed = text.replace('timestamp:1700000000', 'timestamp:1800000000')
    expect(() => checkMinisign(key, parseMinisignSignature(changed), prehash)).toThrow(/comment was changed/)
  })

  it.each(['', 'x', 'untrusted comment: x\nAAAA\ntrusted comment: y\nAAAA'])('is not %j', (text) => {
    expect(() => parseMinisignSignature(text)).toThrow(/not a minisign signature/)
    expect(() => parseMinisignKey(text)).toThrow(/public key is not one/)
  })
})
