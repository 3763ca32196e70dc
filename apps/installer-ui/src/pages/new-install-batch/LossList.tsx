import { IconAlertTriangle } from '@tabler/icons-react'
import { printBytes } from '../../ui/format-bytes.ts'
import { Notice } from '../../ui/Notice.tsx'
import type { MachineLoss } from './check-state.ts'

/** Which data are lost, machine by machine, disk by disk: all of them, for that is what is confirmed. */
export function LossList({ machines }: { machines: readonly MachineLoss[] }) {
  return (
    <Notice tone="bad" icon={IconAlertTriangle} title="This destroys data">
      <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
        {machines.map(({ machineId, losses }) => (
          <li key={machineId}>
            <strong>{machineId}</strong>:{' '}
            {losses
              .map(
                ({ device, serial, bytes, contents }) =>
                  `${device}${serial === null ? '' : ` (serial ${serial})`}, ${printBytes(bytes)}: ${contents}`,
              )
              .join('; ')}
          </li>
        ))}
      </ul>
    </Notice>
  )
}
