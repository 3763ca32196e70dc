import type { CallOutput } from '@slipway/client'
import { IconSearchOff } from '@tabler/icons-react'
import { useRoute } from '../../api/route-query.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { Tag } from '../../ui/Tag.tsx'

type Setting = CallOutput<'settings'>['settings'][number]

/** Every value in force, with where it comes from; it is changed in slipway.yaml. */
export function ConfigurationTable() {
  const settings = useRoute('settings', {})
  const [{ q = '' }, change] = usePageSearch()
  return (
    <>
      <FilterBar what="settings" search={q} onSearch={(text) => change({ q: text })} />
      <QueryView query={settings} what="the configuration">
        {(answer) => (
          <DataTable
            label="Configuration in force"
            rows={answer.settings.filter(({ key }) => key.includes(q.toLowerCase()))}
            rowKey={({ key }) => key}
            columns={columns}
            card={(row) => (
              <>
                <strong className="mono">{row.key}</strong> <Tag>{row.source}</Tag>
                <div style={{ overflowWrap: 'anywhere' }}>{printValue(row.value)}</div>
              </>
            )}
            empty={<EmptyState icon={IconSearchOff} title="No setting is like that" />}
          />
        )}
      </QueryView>
    </>
  )
}

const columns: readonly Column<Setting>[] = [
  { key: 'key', title: 'Setting', width: '32%', cell: ({ key }) => <span className="mono">{key}</span> },
  { key: 'value', title: 'Value', cell: ({ value }) => <span title={printValue(value)}>{printValue(value)}</span> },
  { key: 'source', title: 'From', width: '20%', cell: ({ source }) => <Tag>{source}</Tag> },
]

function printValue(value: unknown): string {
  if (value === null || value === undefined) return 'not set'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
