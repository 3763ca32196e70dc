import { ok, type Result } from '@slipway/base'
import { setValue } from '@slipway/machine-config'
import type { Finding } from '@slipway/protocol'

/** An edit of a config's text; fails with why it cannot be done. */
export type Edit = (text: string) => Result<string, Finding[]>

/** Several edits as one: all of them, or the first refusal. */
export function editChain(...edits: readonly Edit[]): Edit {
  return (text) =>
    edits.reduce<Result<string, Finding[]>>((done, edit) => (done.ok ? edit(done.value) : done), ok(text))
}

/** Makes a list at a pointer what `wanted` says; entries that stay as they are keep their comments. */
export function setList(pointer: string, old: readonly string[], wanted: readonly string[]): Edit {
  const changed = wanted.slice(0, old.length).flatMap((value, index): Edit[] => {
    return value === old[index] ? [] : [(text) => setValue(text, `${pointer}/${index}`, value)]
  })
  const added = wanted.slice(old.length).map(
    (value): Edit =>
      (text) =>
        setValue(text, `${pointer}/-`, value),
  )
  const gone = old
    .map((_, index) => index)
    .slice(wanted.length)
    .toReversed()
    .map(
      (index): Edit =>
        (text) =>
          setValue(text, `${pointer}/${index}`, null),
    )
  return editChain(...changed, ...added, ...gone)
}
