import { describe, expect, it } from 'vitest'
import { faultsOf, parseGuestFault } from './guest-fault.ts'
import { guestProfile } from './guest-profile.ts'
import { parseGuestsOptions } from './simulate-options.ts'

const parse = (line: string) =>
  parseGuestsOptions(line.split(' '), { INFINIBAY_BASE_DIR: '/srv', SLIPWAY_DATA_DIR: '/d' })

describe('the options of simulated guests', () => {
  it('run few guests for real and model many, unless told otherwise', () => {
    expect(parse('--guests=50')).toMatchObject({ run: 'real', socketDir: '/srv/sockets', dataDir: '/d/guests' })
    expect(parse('--guests=51').run).toBe('model')
    const mixed = parse('--guests 60 --run real:sim-guest-0060 --run real --run model:sim-guest-0001')
    expect(mixed.run).toBe('real')
    expect([...mixed.runOf]).toEqual([
      ['sim-guest-0060', 'real'],
      ['sim-guest-0001', 'model'],
    ])
  })

  it('number the guests from the first on', () => {
    expect(parse('--guests 2 --first 9999').ids).toEqual(['sim-guest-9999', 'sim-guest-10000'])
  })

  it.each([
    ['--guests 0', '--guests needs a number'],
    ['--guests=-1', '--guests needs a number'],
    ['--guests 3 --fault drop:sim-guest-0004', 'there is no guest "sim-guest-0004"'],
    ['--run maybe', 'real or model'],
    ['--wat', '--wat'],
  ])('refuse %s', (line, message) => {
    expect(() => parse(line)).toThrow(message)
  })
})

describe('a fault of a guest', () => {
  it('has its own value, or the usual one', () => {
    expect(parseGuestFault('drop')).toEqual({ kind: 'drop', guest: null, value: 10 })
    expect(parseGuestFault('clock:sim-guest-0002=-900')).toEqual({
      kind: 'clock',
      guest: 'sim-guest-0002',
      value: -900,
    })
  })

  it.each(['nonsense', 'drop=0', 'reset=-1', 'toString', ''])('is not %j', (text) => {
    expect(() => parseGuestFault(text)).toThrow(/fault/)
  })

  it('that names the guest wins over one for all', () => {
    const faults = ['slow=9', 'slow:a=1', 'drop:b', 'silent'].map(parseGuestFault)
    expect([...faultsOf('a', faults)]).toEqual([
      ['slow', 1],
      ['silent', 0],
    ])
  })
})

describe('a simulated guest', () => {
  it('is the same for the same seed, and another for another', () => {
    const facts = (seed: string) =>
      Array.from({ length: 200 }, (_, index) => {
        const { random, ...rest } = guestProfile(seed, `sim-guest-${index}`, false)
        return { ...rest, next: random() }
      })
    expect(facts('1')).toEqual(facts('1'))
    expect(facts('1')).not.toEqual(facts('2'))
    const windows = facts('1').filter(({ platform }) => platform === 'windows').length
    expect(windows).toBeGreaterThan(20)
    expect(windows).toBeLessThan(90)
    expect(new Set(facts('1').map(({ osVersion }) => osVersion)).size).toBe(4)
  })

  it('is Linux where its scripts really run', () => {
    const platforms = Array.from({ length: 50 }, (_, index) => guestProfile('1', `g${index}`, true).platform)
    expect(new Set(platforms)).toEqual(new Set(['linux']))
  })
})
