import { Button, Modal } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import type { Script } from '@slipway/protocol'
import { useState } from 'react'
import { routeQuery, useAct, useList } from '../../api/route-query.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { usePhone } from '../../ui/use-phone.ts'
import { inputErrors } from './input-errors.ts'
import { InputField } from './InputField.tsx'
import { MoreFields } from './MoreFields.tsx'
import { executionsOf, firstWish, scheduleOf, targetsOf, whyNotSent, wrongSystem, type RunWish } from './run-wish.ts'
import { TargetFields } from './TargetFields.tsx'
import { TimingFields } from './TimingFields.tsx'
import { WrongSystem } from './WrongSystem.tsx'

interface RunDialogProps {
  readonly script: Script
  readonly opened: boolean
  readonly onClose: () => void
  /** A machine that is chosen from the start. */
  readonly on: string | undefined
}

/** With which inputs, on which machines, and when. */
export function RunDialog({ script, opened, onClose, on }: RunDialogProps) {
  const phone = usePhone()
  return (
    <Modal opened={opened} onClose={onClose} title={`Run ${script.name}`} size="lg" fullScreen={phone}>
      <RunForm key={script.revision} script={script} on={on} />
    </Modal>
  )
}

function RunForm({ script, on }: Pick<RunDialogProps, 'script' | 'on'>) {
  const [wish, setWish] = useState(() => firstWish(script, on === undefined ? [] : [on]))
  const change = (changes: Partial<RunWish>) => setWish((old) => ({ ...old, ...changes }))
  const guests = useList('listGuests')
  const rows = (guests.data ?? []).filter(({ state }) => state !== 'unadopted')
  const { fault, isPending, send } = useSend(script)
  const errors = inputErrors(fault)
  const why = whyNotSent(wish, rows)
  const targets = targetsOf(wish, rows)
  const wrong = wrongSystem(script, targets, rows)
  return (
    <form
      style={{ display: 'grid', gap: 14 }}
      onSubmit={(event) => {
        event.preventDefault()
        send(wish, targets)
      }}
    >
      {script.inputs.map((input) => (
        <InputField
          key={input.name}
          input={input}
          value={wish.values[input.name] ?? ''}
          error={errors[input.name]}
          onChange={(value) => change({ values: { ...wish.values, [input.name]: value } })}
        />
      ))}
      <TargetFields wish={wish} guests={rows} onChange={change} />
      <WrongSystem
        script={script}
        wrong={wrong}
        onLeaveOut={
          wish.kind === 'now' && (() => change({ machines: targets.filter((id) => !wrong.includes(id)), tags: [] }))
        }
      />
      <TimingFields wish={wish} onChange={change} />
      <MoreFields wish={wish} onChange={change} />
      {fault && <FaultNote fault={fault} title="It was not sent" />}
      <div style={{ display: 'flex', alignItems: 'center', justifyContent: 'flex-end', gap: 12 }}>
        {why !== null && <span className="quiet">{why}</span>}
        <Button type="submit" size="sm" disabled={why !== null} loading={isPending}>
          {wish.kind === 'now'
            ? `Run on ${targets.length === 1 ? 'one machine' : `${targets.length} machines`}`
            : 'Save the schedule'}
        </Button>
      </div>
    </form>
  )
}

/** Now: runs; later or repeatedly: a schedule. Either way to the page that shows it. */
function useSend(script: Script) {
  const navigate = useNavigate()
  const queries = useQueryClient()
  /** Many runs are shown by what they have in common: the moment at which they were asked for. */
  const showTogether = async (id = '') => {
    const { created_at: asked } = await queries.fetchQuery(routeQuery('getScriptExecution', { params: { id } }))
    await navigate({ to: '/runs', search: { script: script.id, asked } })
  }
  const running = useAct('addScriptExecutions', {
    async onSuccess({ executions }) {
      const [first] = executions
      await queries.invalidateQueries({ queryKey: ['listScriptExecutions'] })
      if (executions.length === 1 && first) await navigate({ to: '/runs/$runId', params: { runId: first.id } })
      else await showTogether(first?.id)
    },
  })
  const scheduling = useAct('addSchedule', {
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: ['listSchedules'] })
      await navigate({ to: '/schedules' })
    },
  })
  return {
    fault: running.error ?? scheduling.error,
    isPending: running.isPending || scheduling.isPending,
    send(wish: RunWish, machine_ids: string[]) {
      if (wish.kind === 'now') running.mutate({ body: executionsOf(script, wish, machine_ids) })
      else scheduling.mutate({ body: scheduleOf(script, wish) })
    },
  }
}
