import { scriptFileSchema, type Script } from '@slipway/protocol'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { newScript, printScript } from './print-script.ts'

const saved = { id: 's1', revision: 1, sha256: '', created_at: '', updated_at: '' }

it.each([
  ['a new one', newScript],
  [
    'one that runs as somebody and says no more of it',
    'name: a\nos: [linux]\nshell: sh\nscript: id\nexecution: { run_as: backup }\n',
  ],
  ['one that tries again', 'name: a\nos: [linux]\nshell: sh\nscript: id\nexecution: { max_retries: 2 }\n'],
  [
    'one with everything',
    `name: "odd: name"
tags: [a, b]
category: c
version: "1"
os: [linux, windows]
shell: sh
inputs:
  - { name: n, type: number, default: 3, validation: { min: 1 } }
  - { name: s, type: select, options: [x, { label: Why, value: y }] }
execution: { timeout: 5, retry_on_failure: true, max_retries: 2 }
script: "line\\n\\ttab # no comment\\n"
`,
  ],
])('%s reads the same after printing', (_, text) => {
  const file = scriptFileSchema.parse(parse(text))
  const script: Script = { ...file, ...saved }
  expect(scriptFileSchema.parse(parse(printScript(script)))).toEqual(file)
})
