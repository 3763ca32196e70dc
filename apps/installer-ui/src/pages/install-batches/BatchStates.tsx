import type { InstallBatch } from '@slipway/protocol'
import { Dot } from '../../ui/Dot.tsx'
import { batchShares } from './batch-shares.ts'

/** How a batch stands, in words. */
export function BatchStates({ batch }: { batch: Pick<InstallBatch, 'states'> }) {
  return (
    <span style={{ display: 'inline-flex', flexWrap: 'wrap', gap: '2px 14px' }}>
      {batchShares(batch).map(({ state, count, tone }) => (
        <Dot key={state} tone={tone}>
          {count} {state}
        </Dot>
      ))}
    </span>
  )
}
