import type { Guest } from '@slipway/protocol'
import { printBytes } from '../../ui/format-bytes.ts'
import { Meter } from '../../ui/Meter.tsx'
import { Panel } from '../../ui/Panel.tsx'
import type { Tone } from '../../ui/tone.ts'

/** How full each file system is, as the agent reported it last. */
export function FilesystemsPanel({ guest }: { guest: Guest }) {
  const disks = guest.metrics?.data.system.disk.usage_stats ?? []
  if (disks.length === 0) return null
  return (
    <Panel title="File systems">
      <ul style={{ display: 'grid', gap: 12, margin: 0, padding: 0, listStyle: 'none', fontSize: '0.8125rem' }}>
        {disks.map(({ mount_point, total_gb, available_gb, filesystem }) => {
          const used = total_gb - available_gb
          const percent = total_gb === 0 ? 0 : (100 * used) / total_gb
          return (
            <li key={mount_point}>
              <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8, marginBottom: 5 }}>
                <span style={{ overflowWrap: 'anywhere' }}>
                  <span className="mono">{mount_point}</span> <span className="quiet">{filesystem}</span>
                </span>
                <span className="numbers" style={{ whiteSpace: 'nowrap' }}>
                  {printBytes(used * 1e9)} of {printBytes(total_gb * 1e9)}
                </span>
              </div>
              <Meter percent={percent} tone={toneOf(percent)} label={`${mount_point} in use`} />
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}

/** The agent's own limits for a warning and for an alarm. */
function toneOf(percent: number): Tone {
  if (percent >= 90) return 'bad'
  return percent >= 80 ? 'warn' : 'good'
}
