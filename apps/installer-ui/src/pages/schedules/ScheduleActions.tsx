import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import type { Schedule } from '@slipway/protocol'
import { useState } from 'react'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import classes from './ScheduleActions.module.css'
import { EditSchedule } from './EditSchedule.tsx'

/** Changes, pauses, goes on, and deletes once it was asked twice. */
export function ScheduleActions({ schedule }: { schedule: Schedule }) {
  const { id, enabled, ended, name } = schedule
  const [asked, setAsked] = useState(false)
  const [editing, setEditing] = useState(false)
  const queries = useQueryClient()
  const onSuccess = () => queries.invalidateQueries({ queryKey: ['listSchedules'] })
  const changing = useAct('changeSchedule', { onSuccess })
  const removing = useAct('removeSchedule', { onSuccess })
  const mayOperate = useMay('operate')
  if (!mayOperate) return null
  const params = { id }
  const fault = changing.error ?? removing.error
  return (
    <span className={classes.actions}>
      {ended === null && !asked && (
        <>
          <Button size="compact-xs" variant="default" aria-label={`Change ${name}`} onClick={() => setEditing(true)}>
            Change…
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`${enabled ? 'Pause' : 'Go on with'} ${name}`}
            loading={changing.isPending}
            onClick={() => changing.mutate({ params, body: { enabled: !enabled } })}
          >
            {enabled ? 'Pause' : 'Go on'}
          </Button>
        </>
      )}
      {editing && <EditSchedule schedule={schedule} onClose={() => setEditing(false)} />}
      {asked ? (
        <>
          <Button
            size="compact-xs"
            color="red"
            aria-label={`Delete ${name} for good`}
            loading={removing.isPending}
            onClick={() => removing.mutate({ params })}
          >
            Delete for good
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => setAsked(false)}>
            Keep
          </Button>
        </>
      ) : (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-label={`Delete ${name}`}
          onClick={() => setAsked(true)}
        >
          Delete
        </Button>
      )}
      {fault && <span role="alert">{fault.message}</span>}
    </span>
  )
}
