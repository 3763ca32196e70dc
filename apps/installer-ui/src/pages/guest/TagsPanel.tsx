import { TagsInput } from '@mantine/core'
import type { Guest } from '@slipway/protocol'
import { useQueryClient } from '@tanstack/react-query'
import { useAct, useList } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Panel } from '../../ui/Panel.tsx'

/** Words by which scripts and schedules find this machine among others. */
export function TagsPanel({ guest }: { guest: Guest }) {
  const queries = useQueryClient()
  const guests = useList('listGuests')
  const changing = useAct('changeGuest', {
    onSuccess: () => queries.invalidateQueries({ predicate: ({ queryKey }) => /Guests?$/u.test(String(queryKey[0])) }),
  })
  const mayOperate = useMay('operate')
  const known = [...new Set((guests.data ?? []).flatMap(({ tags }) => tags))]
  return (
    <Panel title="Tags">
      <TagsInput
        size="sm"
        aria-label="Tags"
        {...(guest.tags.length === 0 && { placeholder: 'prod, web' })}
        data={known}
        value={guest.tags}
        disabled={!mayOperate || guest.state === 'unadopted'}
        onChange={(tags) => changing.mutate({ params: { id: guest.machine_id }, body: { tags } })}
      />
      {changing.error && <FaultNote fault={changing.error} title="The tags stay as they were" />}
    </Panel>
  )
}
