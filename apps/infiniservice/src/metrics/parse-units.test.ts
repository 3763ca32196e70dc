import { expect, test } from 'vitest'
import { parseUnitFiles, parseUnits } from './parse-units.ts'

// In the form that systemctl(1) of systemd 252 describes; not recorded from a running system.
const units = `
  cron.service           loaded    active   running Regular background program processing daemon
● broken.service         loaded    failed   failed  A unit that failed
  getty@tty1.service     loaded    active   running Getty on tty1
  plymouth-start.service not-found inactive dead    plymouth-start.service
  alone.service          loaded    inactive dead
`
const files = `cron.service enabled enabled
getty@.service enabled enabled
broken.service disabled enabled
static.service static -
`

test('units are named without their suffix, with their state and whether they start by themselves', () => {
  expect(parseUnits(units, parseUnitFiles(files))).toEqual([
    { name: 'cron', state: 'running', enabled: true, description: 'Regular background program processing daemon' },
    { name: 'broken', state: 'failed', enabled: false, description: 'A unit that failed' },
    { name: 'getty@tty1', state: 'running', enabled: undefined, description: 'Getty on tty1' },
    { name: 'alone', state: 'dead', enabled: undefined, description: '' },
  ])
})

test('no output is no unit', () => {
  expect(parseUnits('', new Map())).toEqual([])
})
