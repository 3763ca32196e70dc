import { Select } from '@mantine/core'
import { usePageSearch } from '../../app/use-page-search.ts'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { EventHistory } from './EventHistory.tsx'

const kinds = [
  { value: '', label: 'Everything' },
  { value: 'machines.*', label: 'Machines and claims' },
  { value: 'installation.*', label: 'Installations' },
  { value: 'guests.connected,guests.disconnected', label: 'Agents' },
  { value: 'scripts.queued,scripts.started,scripts.completed', label: 'Scripts' },
  { value: 'installation.failed,machines.offline,guests.disconnected', label: 'What went wrong' },
]

/** What happened here, newest first, and who did it. */
export function ActivityPage() {
  const [{ q = '', types = '', machine }, change] = usePageSearch()
  return (
    <>
      <PageHeader title="Activity" beside={machine && <span className="quiet">of {machine}</span>} />
      <FilterBar what="what is shown" search={q} onSearch={(text) => change({ q: text })}>
        <Select
          size="xs"
          w={190}
          aria-label="Kind"
          data={kinds}
          value={types}
          allowDeselect={false}
          onChange={(chosen) => change({ types: chosen ?? '' })}
        />
      </FilterBar>
      <EventHistory
        query={{ ...(types === '' ? {} : { types }), ...(machine === undefined ? {} : { machine_id: machine }) }}
        search={q}
      />
    </>
  )
}
