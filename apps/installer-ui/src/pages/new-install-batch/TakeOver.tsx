import { Button } from '@mantine/core'
import type { WholeInstallBatch } from '@slipway/protocol'
import { toFault } from '@slipway/base'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { client } from '../../api/client.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Loading } from '../../ui/Loading.tsx'
import { leftMachines } from '../install-batches/left-machines.ts'
import { keepDraft, readDraft } from '../wizard/draft/kept-draft.ts'
import { noWish, type BatchWish } from './batch-wish.ts'
import { batchDraft, keepWish } from './use-batch-wish.ts'

interface TakeOverProps {
  /** A batch whose unfinished machines are wanted again. */
  readonly again: string | undefined
  /** A machine whose draft is wanted for more. */
  readonly machine: string | undefined
}

/** Begins with what the address names; then the address is plain again. */
export function TakeOver({ again, machine }: TakeOverProps) {
  const [, change] = usePageSearch()
  const { data, error, refetch } = useQuery({
    queryKey: ['batch-source', again, machine],
    queryFn: async () =>
      again === undefined
        ? ofMachine(machine ?? '')
        : ofBatch(await client.call('getInstallBatch', { params: { id: again } })),
  })
  useEffect(() => {
    if (!data) return
    keepWish(data.wish)
    if (data.text !== null) keepDraft(batchDraft, data.text)
    change({ again: undefined, machine: undefined })
  }, [data, change])
  if (!error) return <Loading what="what to begin with" />
  return (
    <FaultNote
      fault={toFault(error)}
      title="What to begin with was not read"
      onRetry={() => void refetch()}
      actions={
        <Button variant="default" onClick={() => change({ again: undefined, machine: undefined })}>
          Begin with nothing
        </Button>
      }
    />
  )
}

function ofMachine(id: string): { readonly wish: BatchWish; readonly text: string | null } {
  return { wish: { ...noWish, machines: [id] }, text: readDraft(id) }
}

function ofBatch(batch: WholeInstallBatch): { readonly wish: BatchWish; readonly text: string } {
  const left = leftMachines(batch)
  const values = left.map(
    ({ machine_id, values: given }) =>
      [machine_id, Object.fromEntries(Object.entries(given).map(([at, value]) => [at, String(value)]))] as const,
  )
  const columns = [...new Set(left.flatMap(({ values: given }) => Object.keys(given)))]
  const ids = left.map(({ machine_id }) => machine_id)
  return {
    wish: { name: `${batch.name} again`, machines: ids, columns, values: Object.fromEntries(values) },
    text: batch.kdl,
  }
}
