import { expect, it } from 'vitest'
import { findingCodes } from './finding-codes.ts'
import { diskRows } from './testing/disk-rows.ts'
import { grammarRows } from './testing/grammar-rows.ts'
import { machineRows } from './testing/machine-rows.ts'
import { poolRows } from './testing/pool-rows.ts'
import { systemRows } from './testing/system-rows.ts'

/** Codes whose texts are made by hostile.test.ts and edit.test.ts. */
const elsewhere = [
  'config-too-large',
  'nesting-too-deep',
  'too-many-findings',
  'edit-pointer-unknown',
  'edit-value-illegal',
]

it('every code has a row in a table, and every sentence ends', () => {
  const shown = new Set<string>(
    [...grammarRows, ...poolRows, ...systemRows, ...diskRows, ...machineRows].map((row) => row.code),
  )
  expect(Object.keys(findingCodes).filter((code) => !shown.has(code) && !elsewhere.includes(code))).toEqual([])
  for (const when of Object.values(findingCodes)) expect(when).toMatch(/^[A-Z`].*\.$/u)
})
