import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { enrolmentProof, parseEnrolmentToken } from './enrolment.ts'

const input = {
  secret: 's3cret',
  role: 'machine',
  instcomdFingerprint: 'aa',
  machineFingerprint: 'bb',
  instcomdNonce: 'n1',
  machineNonce: 'n2',
} as const

describe('enrolment proofs', () => {
  it('is HMAC-SHA256 over the six lines in order', async () => {
    const expected = createHmac('sha256', 's3cret')
      .update('slipway-enrolment-v1\nmachine\naa\nbb\nn1\nn2')
      .digest('hex')
    expect(await enrolmentProof(input)).toBe(expected)
  })

  it('differs with every part, so none can be replayed for another', async () => {
    const variants = [
      input,
      { ...input, role: 'instcomd' as const },
      ...Object.keys(input)
        .filter((key) => key !== 'role')
        .map((key) => ({ ...input, [key]: 'other' })),
    ]
    const proofs = await Promise.all(variants.map(enrolmentProof))
    expect(new Set(proofs).size).toBe(variants.length)
  })

  it('splits a token, and refuses what is not one', () => {
    expect(parseEnrolmentToken(`swe_abcdefgh_${'x'.repeat(40)}`)).toEqual({ id: 'abcdefgh', secret: 'x'.repeat(40) })
    for (const bad of [
      '',
      'swe_abc_x',
      `swe_abcdefgh_${'x'.repeat(31)}`,
      `swa_abcdefgh_${'x'.repeat(40)}`,
      `swe_abcdefgh_${'x'.repeat(40)}\n`,
    ]) {
      expect(parseEnrolmentToken(bad)).toBeNull()
    }
  })
})
