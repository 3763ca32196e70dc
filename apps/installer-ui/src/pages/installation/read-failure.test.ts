import { expect, it } from 'vitest'
import { readFailure } from './read-failure.ts'

it('tells the way to a registry to where it stopped, and each server in its own words', () => {
  const details = {
    tried: [
      { stage: 'dns', ok: true, detail: '10.0.0.1' },
      { stage: 'tcp', ok: false, detail: 'ECONNREFUSED' },
    ],
    sources: [
      { source: 'a.example.com', tries: 5, code: 'registry-unreachable', message: 'refused' },
      { source: 'mirror', tries: 1, code: 'image-not-found', message: 'manifest unknown' },
    ],
  }
  expect(readFailure({ details })).toMatchObject({
    trace: ['dns: well, 10.0.0.1', 'tcp: stopped here, ECONNREFUSED'],
    tried: ['a.example.com, 5 tries: refused', 'mirror, 1 try: manifest unknown'],
  })
})

it.each([[{}], [{ tried: 'x', sources: [1], alternatives: [{}], required: null }]])(
  'reads %j as nothing known',
  (details) => {
    expect(readFailure({ details })).toEqual({ alternatives: [], trace: [], tried: [], required: null, found: null })
  },
)
