import { CompletionContext } from '@codemirror/autocomplete'
import { EditorState } from '@codemirror/state'
import { expect, it } from 'vitest'
import { blockPath, completeKdl } from './kdl-completion.ts'

it.each([
  ['', ''],
  ['pool "a" {\n  ', 'pool'],
  ['pool "a" { vdev "mirror" { disks "x" }\n ', 'pool'],
  ['pool "a" { vdev "mirror" { ', 'pool/vdev'],
  ['sysconfig {\n interface "net0" { // {\n', 'sysconfig/interface'],
  ['user "}{" { /* { */ ', 'user'],
])('%j is in «%s»', (text, path) => {
  expect(blockPath(text)).toBe(path)
})

const complete = completeKdl({ disks: [], interfaces: [] })

function labels(text: string): string[] {
  const state = EditorState.create({ doc: text })
  return complete(new CompletionContext(state, text.length, true))?.options.map(({ label }) => label) ?? []
}

it.each([
  ['po', 'pool'],
  ['sysconfig {\n  ho', 'hostname'],
  ['pool "a" {\n  vdev "', 'mirror'],
  ['sysconfig { interface "a" {\n address kind="', 'static'],
])('%j can go on with %s', (text, label) => {
  expect(labels(text)).toContain(label)
})

it('offers nothing where a number or a free word stands', () => {
  expect(labels('swap "')).toEqual([])
})
