import { Button, Modal, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import type { Schedule, Script } from '@slipway/protocol'
import { useState } from 'react'
import { useAct, useList, useRoute } from '../../api/route-query.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { usePhone } from '../../ui/use-phone.ts'
import { inputErrors } from '../script/input-errors.ts'
import { InputField } from '../script/InputField.tsx'
import { MoreFields } from '../script/MoreFields.tsx'
import { whyNotSent, type RunWish } from '../script/run-wish.ts'
import { TargetFields } from '../script/TargetFields.tsx'
import { TimingFields } from '../script/TimingFields.tsx'
import { changesOf, mayChangeInputs, wishOf } from './schedule-wish.ts'

interface EditScheduleProps {
  readonly schedule: Schedule
  readonly onClose: () => void
}

/** Changes when, where and with what a schedule runs. */
export function EditSchedule({ schedule, onClose }: EditScheduleProps) {
  const phone = usePhone()
  const script = useRoute('getScript', { params: { id: schedule.script_id } })
  return (
    <Modal opened onClose={onClose} title={`Change ${schedule.name}`} size="lg" fullScreen={phone}>
      <QueryView query={script} what="the script">
        {(row) => <EditForm schedule={schedule} script={row} onClose={onClose} />}
      </QueryView>
    </Modal>
  )
}

function EditForm({ schedule, script, onClose }: EditScheduleProps & { readonly script: Script }) {
  const [wish, setWish] = useState(() => wishOf(schedule, script))
  const change = (changes: Partial<RunWish>) => setWish((old) => ({ ...old, ...changes }))
  const guests = useList('listGuests')
  const rows = (guests.data ?? []).filter(({ state }) => state !== 'unadopted')
  const queries = useQueryClient()
  const saving = useAct('changeSchedule', {
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: ['listSchedules'] })
      onClose()
    },
  })
  const errors = inputErrors(saving.error)
  const why = schedule.targets.query === undefined ? whyNotSent(wish, rows) : null
  return (
    <form
      style={{ display: 'grid', gap: 14 }}
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate({ params: { id: schedule.id }, body: changesOf(wish, schedule, script) })
      }}
    >
      {mayChangeInputs(script) ? (
        script.inputs.map((input) => (
          <InputField
            key={input.name}
            input={input}
            value={wish.values[input.name] ?? ''}
            error={errors[input.name]}
            onChange={(value) => change({ values: { ...wish.values, [input.name]: value } })}
          />
        ))
      ) : (
        <InputsStay script={script} />
      )}
      <TargetFields wish={wish} guests={rows} onChange={change} />
      {schedule.targets.query !== undefined && (
        <TextInput size="sm" label="And every machine that matches" readOnly value={schedule.targets.query} />
      )}
      <TimingFields wish={wish} onChange={change} kinds={['at', 'every', 'cron']} />
      <MoreFields wish={wish} onChange={change} />
      {saving.error && <FaultNote fault={saving.error} title="The schedule stays as it was" />}
      <div style={{ display: 'flex', alignItems: 'center', justifyContent: 'flex-end', gap: 12 }}>
        {why !== null && <span className="quiet">{why}</span>}
        <Button type="submit" size="sm" disabled={why !== null} loading={saving.isPending}>
          Save
        </Button>
      </div>
    </form>
  )
}

function InputsStay({ script }: { script: Script }) {
  if (script.inputs.length === 0) return null
  return (
    <p className="quiet" style={{ margin: 0, fontSize: '0.8125rem' }}>
      The inputs stay as they are: one of them is a password, which nobody can read back. For others, make a new
      schedule.
    </p>
  )
}
