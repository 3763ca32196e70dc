import { Button, TextInput } from '@mantine/core'
import type { Fault } from '@slipway/base'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { CallOutput } from '@slipway/client'
import { keptClaim } from '../../api/kept-claims.ts'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { forgetDraft } from '../wizard/draft/kept-draft.ts'
import type { BatchWish } from './batch-wish.ts'
import { machineLosses, refusalsOf } from './check-state.ts'
import { LossList } from './LossList.tsx'
import { ProblemList } from './ProblemList.tsx'
import { batchDraft, forgetWish } from './use-batch-wish.ts'

export type BatchCheck = CallOutput<'checkInstallBatch'>

interface StartPanelProps {
  readonly wish: BatchWish
  readonly body: { readonly kdl: string; readonly machines: { machine_id: string; values: BatchValues }[] }
  /** Of this very body; undefined: not looked at since it was changed. */
  readonly check: BatchCheck | undefined
  readonly onCheck: () => void
  readonly isChecking: boolean
  readonly onChange: (wish: BatchWish) => void
}

type BatchValues = Record<string, string | number | boolean>

/** Checks all machines, has the losses confirmed by the batch's name, and starts them all. */
export function StartPanel({ wish, body, check, onCheck, isChecking, onChange }: StartPanelProps) {
  const [typed, setTyped] = useState('')
  const navigate = useNavigate()
  const mayOperate = useMay('operate')
  const starting = useAct('addInstallBatch', {
    onSuccess: ({ id }) => {
      forgetWish()
      forgetDraft(batchDraft)
      return navigate({ to: '/install-batches/$batchId', params: { batchId: id } })
    },
  })
  const count = body.machines.length
  const lossy = check?.valid === true ? machineLosses(check.machines) : []
  const name = wish.name.trim()
  const isConfirmed = lossy.length === 0 || (name !== '' && typed.trim() === name)
  const start = () => starting.mutate({ body: { name, kdl: body.kdl, machines: confirmed(body, check) } })
  return (
    <Panel title="Check and start">
      <TextInput
        maw={360}
        label="Name of the batch"
        placeholder="rack 7"
        value={wish.name}
        maxLength={128}
        onChange={(event) => onChange({ ...wish, name: event.currentTarget.value })}
      />
      {check && !check.valid && <ProblemList machines={check.machines} />}
      {lossy.length > 0 && <LossList machines={lossy} />}
      {lossy.length > 0 && name !== '' && (
        <TextInput
          maw={360}
          mt="sm"
          label={`Type ${name} to confirm that these data may be destroyed`}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      {starting.error && <Refused fault={starting.error} />}
      <div style={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 10, marginTop: 14 }}>
        {check?.valid === true ? (
          <Button
            size="sm"
            color={lossy.length > 0 ? 'red' : 'tide'}
            disabled={!mayOperate || name === '' || !isConfirmed}
            loading={starting.isPending}
            onClick={start}
          >
            {lossy.length > 0 ? 'Destroy the data and install' : 'Install'} {machines(count)}
          </Button>
        ) : (
          <Button size="sm" loading={isChecking} disabled={!mayOperate} onClick={onCheck}>
            Check {machines(count)}
          </Button>
        )}
        <span className="quiet">{hint({ mayOperate, check, name })}</span>
      </div>
    </Panel>
  )
}

function Refused({ fault }: { fault: Fault }) {
  const refusals = [...refusalsOf(fault.details)]
  return (
    <FaultNote
      fault={fault}
      title="Nothing was started"
      actions={
        refusals.length > 1 && (
          <ul style={{ margin: 0, paddingLeft: 18 }}>
            {refusals.map(([id, message]) => (
              <li key={id}>
                <strong>{id}</strong>: {message}
              </li>
            ))}
          </ul>
        )
      }
    />
  )
}

/** Each machine with the plan that was looked at, and the claim that this browser holds on it. */
function confirmed({ machines: wished }: StartPanelProps['body'], check: BatchCheck | undefined) {
  const digests = new Map(check?.machines.map(({ machine_id, plan_sha256 }) => [machine_id, plan_sha256]))
  return wished.map((machine) => {
    const plan_sha256 = digests.get(machine.machine_id)
    const claim_id = keptClaim(machine.machine_id)
    return { ...machine, ...(plan_sha256 ? { plan_sha256 } : {}), ...(claim_id ? { claim_id } : {}) }
  })
}

function hint(now: { mayOperate: boolean; check: BatchCheck | undefined; name: string }): string {
  if (!now.mayOperate) return 'Your token may look at the rack; installing needs one that may operate it.'
  if (!now.check) return 'Looks at every machine and at what it would get. Nothing is touched.'
  if (!now.check.valid) return 'Mend what is listed, or leave the machine out.'
  return now.name === '' ? 'Give the batch a name first.' : 'All of them start, or none.'
}

function machines(count: number): string {
  return count === 1 ? 'one machine' : `${count} machines`
}
