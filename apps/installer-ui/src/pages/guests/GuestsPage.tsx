import { Button } from '@mantine/core'
import { IconSearchOff, IconTerminal2 } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import type { Guest } from '@slipway/protocol'
import { useList } from '../../api/route-query.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { countStates } from '../../ui/count-states.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { Dot } from '../../ui/Dot.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { parseSort, printSort } from '../../ui/sort-text.ts'
import { StatusFilter } from '../../ui/StatusFilter.tsx'
import { Tag } from '../../ui/Tag.tsx'
import { guestStates, guestTone } from '../../words/guest-state.ts'
import { installCommand } from './install-command.ts'
import { matchesGuest } from './matches-guest.ts'

/** Agents report every half minute; only that they come and go is told by events. */
const reportMs = 30_000

/** Machines with an agent, and whether it can be reached. */
export function GuestsPage() {
  const guests = useList('listGuests', {}, { refetchOnMount: 'always', refetchInterval: reportMs })
  return (
    <>
      <PageHeader title="Guests" beside={guests.data && <span className="quiet numbers">{guests.data.length}</span>} />
      <QueryView query={guests} what="the guests">
        {(rows) => (rows.length === 0 ? <NoGuests /> : <GuestList rows={rows} />)}
      </QueryView>
    </>
  )
}

function NoGuests() {
  return (
    <EmptyState icon={IconTerminal2} title="No agent has said hello yet">
      <p>
        A machine that Slipway installs brings its agent along. Others get it from this server, here for Linux, as root:
      </p>
      <pre className="mono" style={{ textAlign: 'left', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {installCommand({ origin: location.origin, machine: 'MACHINE' })}
      </pre>
      <p>
        MACHINE is its id among the <Link to="/machines">machines</Link>. It appears here within seconds.
      </p>
    </EmptyState>
  )
}

function GuestList({ rows }: { rows: readonly Guest[] }) {
  const [{ q = '', state, sort }, change] = usePageSearch()
  const navigate = useNavigate()
  const found = rows.filter((row) => matchesGuest(row, { q, state }))
  const states = countStates(
    guestStates,
    rows.map((row) => row.state),
  )
  return (
    <>
      <FilterBar what="guests" search={q} onSearch={(text) => change({ q: text })}>
        <StatusFilter
          label="State"
          states={states.map((each) => ({ ...each, tone: guestTone[each.state] }))}
          chosen={state}
          onChoose={(chosen) => change({ state: chosen })}
        />
      </FilterBar>
      <DataTable
        label="Guests"
        rows={found}
        rowKey={({ machine_id }) => machine_id}
        columns={columns}
        card={(row) => <GuestCard guest={row} />}
        sort={parseSort(sort)}
        onSort={(next) => change({ sort: printSort(next) })}
        onOpen={({ machine_id: guestId }) => void navigate({ to: '/guests/$guestId', params: { guestId } })}
        empty={
          <EmptyState icon={IconSearchOff} title="No guest is like that">
            <Button variant="default" onClick={() => change({ q: '', state: undefined })}>
              Show all guests
            </Button>
          </EmptyState>
        }
      />
    </>
  )
}

const cpuOf = ({ metrics }: Guest) => metrics?.data.system.cpu.usage_percent
const systemOf = ({ metrics, platform }: Guest) => metrics?.data.system.system.name ?? platform ?? '–'

const columns: readonly Column<Guest>[] = [
  { key: 'name', title: 'Guest', cell: (row) => <GuestLink guest={row} />, sort: nameOf },
  {
    key: 'state',
    title: 'State',
    width: '140px',
    cell: ({ state }) => <Dot tone={guestTone[state]}>{state}</Dot>,
    sort: ({ state }) => state,
  },
  { key: 'system', title: 'System', width: '22%', cell: systemOf, sort: systemOf },
  {
    key: 'version',
    title: 'Agent',
    width: '90px',
    cell: ({ agent_version }) => agent_version ?? '–',
    sort: ({ agent_version }) => agent_version ?? '',
  },
  {
    key: 'cpu',
    title: 'CPU',
    width: '80px',
    align: 'right',
    cell: (row) => <span className="numbers">{printPercent(cpuOf(row))}</span>,
    sort: (row) => cpuOf(row) ?? -1,
  },
  { key: 'tags', title: 'Tags', width: '18%', cell: ({ tags }) => <Tags tags={tags} /> },
  {
    key: 'contact',
    title: 'Last contact',
    width: '120px',
    align: 'right',
    cell: ({ last_contact }) => <RelativeTime at={last_contact} />,
    sort: ({ last_contact }) => last_contact ?? '',
  },
]

function nameOf({ name, machine_id }: Guest): string {
  return name ?? machine_id
}

function printPercent(value: number | undefined): string {
  return value === undefined ? '–' : `${Math.round(value)} %`
}

function GuestLink({ guest }: { guest: Guest }) {
  return (
    <Link to="/guests/$guestId" params={{ guestId: guest.machine_id }}>
      {nameOf(guest)}
    </Link>
  )
}

function Tags({ tags }: { tags: readonly string[] }) {
  return (
    <span style={{ display: 'inline-flex', flexWrap: 'wrap', gap: 4 }}>
      {tags.map((tag) => (
        <Tag key={tag}>{tag}</Tag>
      ))}
    </span>
  )
}

function GuestCard({ guest }: { guest: Guest }) {
  const { state, agent_version, last_contact, problem, tags } = guest
  return (
    <>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 8, marginBottom: 4 }}>
        <strong>
          <GuestLink guest={guest} />
        </strong>
        <Dot tone={guestTone[state]}>{state}</Dot>
      </div>
      <div className="quiet clip">{problem ?? systemOf(guest)}</div>
      <div className="quiet">
        agent {agent_version ?? 'unknown'} · CPU {printPercent(cpuOf(guest))} · <RelativeTime at={last_contact} />
      </div>
      {tags.length > 0 && <Tags tags={tags} />}
    </>
  )
}
