import { TextInput } from '@mantine/core'
import type { Guest } from '@slipway/protocol'
import { useState } from 'react'
import { Dot } from '../../ui/Dot.tsx'
import { Panel } from '../../ui/Panel.tsx'
import type { Tone } from '../../ui/tone.ts'
import classes from './GuestPage.module.css'

/** Rows shown at once; the search finds the others. */
const mostShown = 40

/** Units or Windows services; failed ones first. */
export function ServicesPanel({ guest }: { guest: Guest }) {
  const [search, setSearch] = useState('')
  const services = guest.metrics?.data.system.services ?? []
  if (services.length === 0) return null
  const found = services
    .filter(({ name, description = '' }) => `${name} ${description}`.toLowerCase().includes(search.toLowerCase()))
    .toSorted((a, b) => Number(toneOf(b.state) === 'bad') - Number(toneOf(a.state) === 'bad'))
  return (
    <Panel
      title={`Services (${services.length})`}
      flush
      actions={
        <TextInput
          size="xs"
          aria-label="Search services"
          placeholder="Search services"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      }
    >
      <table className={classes.plain}>
        <thead>
          <tr>
            <th>Name</th>
            <th>State</th>
            <th>Starts by itself</th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, mostShown).map(({ name, state, enabled, description }) => (
            <tr key={name}>
              <td>
                {name} {description !== undefined && <span className="quiet">{description}</span>}
              </td>
              <td>
                <Dot tone={toneOf(state)}>{state}</Dot>
              </td>
              <td>{enabled === undefined ? '–' : enabled ? 'yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.length > mostShown && (
        <p className="quiet" style={{ margin: '8px 14px', fontSize: '0.8125rem' }}>
          {found.length - mostShown} more: search to see them.
        </p>
      )}
    </Panel>
  )
}

/** systemd's and Windows's words. */
function toneOf(state: string): Tone {
  if (/fail/iu.test(state)) return 'bad'
  return /^(running|active)/iu.test(state) ? 'good' : 'idle'
}
