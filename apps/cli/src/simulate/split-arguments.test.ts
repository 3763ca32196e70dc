import { describe, expect, it } from 'vitest'
import { splitArguments } from './split-arguments.ts'

const split = (line: string) => splitArguments(line.split(' '))

describe('slipway simulate', () => {
  it('hands everything to the machines when no guests are asked for', () => {
    const machines = ['--seed', 'x', '--fault=drop:sim-0001=5', '--unknown', '--json']
    expect(splitArguments(machines)).toEqual({ machines, guests: null, adopt: false })
    expect(splitArguments([])).toEqual({ machines: [], guests: null, adopt: false })
  })

  it('starts guests alone, with all faults theirs', () => {
    expect(split('--guests 20 --fault drop --adopt --socket-dir /s --json')).toEqual({
      machines: null,
      guests: ['--guests', '20', '--fault', 'drop', '--socket-dir', '/s', '--json'],
      adopt: true,
    })
  })

  it('starts both, and gives each its own', () => {
    const both = split(
      '--machines=2 --guests=3 --seed s --fault slow=3 --fault=drop:sim-guest-0001=2 --enrolment f --run real --json',
    )
    expect(both.machines).toEqual(['--machines=2', '--seed', 's', '--fault', 'slow=3', '--enrolment', 'f', '--json'])
    expect(both.guests).toEqual('--guests=3 --seed s --fault=drop:sim-guest-0001=2 --run real --json'.split(' '))
  })
})
