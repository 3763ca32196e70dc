import { MultiSelect } from '@mantine/core'
import type { Guest } from '@slipway/protocol'
import type { RunWish } from './run-wish.ts'

interface TargetFieldsProps {
  readonly wish: Pick<RunWish, 'machines' | 'tags'>
  readonly guests: readonly Guest[]
  readonly onChange: (changes: Partial<RunWish>) => void
}

/** On which machines: by name, or whatever has a tag. */
export function TargetFields({ wish, guests, onChange }: TargetFieldsProps) {
  const tags = [...new Set([...wish.tags, ...guests.flatMap((guest) => guest.tags)])]
  const known = new Set(guests.map(({ machine_id }) => machine_id))
  const gone = wish.machines.filter((id) => !known.has(id)).map((id) => ({ value: id, label: `${id} (gone)` }))
  return (
    <>
      <MultiSelect
        size="sm"
        label="Machines"
        searchable
        limit={100}
        nothingFoundMessage="No machine is like that"
        data={[...guests.map((guest) => ({ value: guest.machine_id, label: labelOf(guest) })), ...gone]}
        value={[...wish.machines]}
        onChange={(machines) => onChange({ machines })}
      />
      <MultiSelect
        size="sm"
        label="Or every machine with a tag"
        {...(tags.length === 0 && { description: 'No machine has one yet; they are given on a guest’s page.' })}
        disabled={tags.length === 0}
        data={tags.map((tag) => ({ value: tag, label: `${tag} (${countOf(tag, guests)})` }))}
        value={[...wish.tags]}
        onChange={(chosen) => onChange({ tags: chosen })}
      />
    </>
  )
}

function labelOf({ machine_id, name, state }: Guest): string {
  return state === 'connected' ? (name ?? machine_id) : `${name ?? machine_id} (${state})`
}

function countOf(tag: string, guests: readonly Guest[]): number {
  return guests.filter((guest) => guest.tags.includes(tag)).length
}
