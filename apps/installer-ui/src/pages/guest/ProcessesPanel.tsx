import type { Guest } from '@slipway/protocol'
import { printMemory } from '../../ui/format-bytes.ts'
import { Panel } from '../../ui/Panel.tsx'
import classes from './GuestPage.module.css'

/** The busiest processes, as the agent reported them last. */
export function ProcessesPanel({ guest }: { guest: Guest }) {
  const processes = guest.metrics?.data.system.processes ?? []
  if (processes.length === 0) return null
  return (
    <Panel title={`Busiest processes (${processes.length})`} flush>
      <table className={classes.plain}>
        <thead>
          <tr>
            <th>Name</th>
            <th data-align="right">Process id</th>
            <th data-align="right">CPU</th>
            <th data-align="right">Memory</th>
          </tr>
        </thead>
        <tbody>
          {processes
            .toSorted((a, b) => b.cpu_percent - a.cpu_percent)
            .slice(0, 15)
            .map(({ pid, name, user, cpu_percent, memory_kb }) => (
              <tr key={pid}>
                <td>
                  {name} {user !== undefined && <span className="quiet">{user}</span>}
                </td>
                <td data-align="right">{pid}</td>
                <td data-align="right">{cpu_percent.toFixed(1)} %</td>
                <td data-align="right">{printMemory(memory_kb * 1024)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </Panel>
  )
}
