import type { Installation } from '@slipway/protocol'
import { Meter } from '../../ui/Meter.tsx'
import { installationTone } from '../../words/installation-state.ts'

/** How far an installation is. */
export function Percent({ installation: { progress, status, machine_id } }: { installation: Installation }) {
  return (
    <span style={{ display: 'grid', gridTemplateColumns: '1fr auto', alignItems: 'center', gap: 8 }}>
      <Meter percent={progress.percent} tone={installationTone[status]} label={`Progress of ${machine_id}`} />
      <span className="numbers" style={{ minWidth: '2.75rem', textAlign: 'right', whiteSpace: 'nowrap' }}>
        {progress.percent} %
      </span>
    </span>
  )
}
