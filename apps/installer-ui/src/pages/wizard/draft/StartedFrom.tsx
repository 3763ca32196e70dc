import { Button } from '@mantine/core'
import { toFault } from '@slipway/base'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, type ReactNode } from 'react'
import { client } from '../../../api/client.ts'
import { usePageSearch } from '../../../app/use-page-search.ts'
import { FaultNote } from '../../../ui/FaultNote.tsx'
import { Loading } from '../../../ui/Loading.tsx'
import { keepDraft } from './kept-draft.ts'
import { readSource, type Source } from './read-source.ts'

/** Takes over the text that the address names, before the draft begins; then the address is plain again. */
export function StartedFrom({ keptAs, children }: { keptAs: string; children: ReactNode }) {
  const [{ config, from, alternative }, change] = usePageSearch()
  const plain = useCallback(() => change({ config: undefined, from: undefined, alternative: undefined }), [change])
  if (config === undefined && from === undefined) return children
  const source = { config, from, alternative }
  return <TakeOver key={JSON.stringify(source)} keptAs={keptAs} source={source} onDone={plain} />
}

interface TakeOverProps {
  readonly keptAs: string
  readonly source: Source
  onDone(): void
}

function TakeOver({ keptAs, source, onDone }: TakeOverProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ['draft-source', source],
    queryFn: () => readSource(client, source),
  })
  useEffect(() => {
    if (data === undefined) return
    keepDraft(keptAs, data)
    onDone()
  }, [data, keptAs, onDone])
  if (!error) return <Loading what="the config to begin with" />
  return (
    <FaultNote
      fault={toFault(error)}
      title="The config to begin with was not read"
      onRetry={() => void refetch()}
      actions={
        <Button variant="default" onClick={onDone}>
          Begin with a new one
        </Button>
      }
    />
  )
}
