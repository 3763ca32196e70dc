import { Button } from '@mantine/core'
import { IconFileCode, IconPlus, IconSearchOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Script } from '@slipway/protocol'
import { useList } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { matchesWords } from '../../ui/matches-words.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { Tag } from '../../ui/Tag.tsx'

/** The library of scripts that guests can be asked to run. */
export function ScriptsPage() {
  const scripts = useList('listScripts', {}, { refetchOnMount: 'always' })
  const [{ on }] = usePageSearch()
  const mayOperate = useMay('operate')
  return (
    <>
      <PageHeader
        title={on === undefined ? 'Scripts' : `Scripts to run on ${on}`}
        beside={scripts.data && <span className="quiet numbers">{scripts.data.length}</span>}
        actions={mayOperate && <NewScriptButton />}
      />
      <QueryView query={scripts} what="the scripts">
        {(rows) => (rows.length === 0 ? <NoScripts mayWrite={mayOperate} /> : <ScriptList rows={rows} />)}
      </QueryView>
    </>
  )
}

function NewScriptButton() {
  return (
    <Button
      leftSection={<IconPlus size={15} aria-hidden />}
      renderRoot={(props) => <Link to="/scripts/new" {...props} />}
    >
      New script
    </Button>
  )
}

function NoScripts({ mayWrite }: { mayWrite: boolean }) {
  return (
    <EmptyState icon={IconFileCode} title="No scripts yet">
      A script is a file with a name, typed inputs and a program; it runs on guests now, later, or again and again.{' '}
      {mayWrite && <Link to="/scripts/new">Write the first one</Link>}
    </EmptyState>
  )
}

function ScriptList({ rows }: { rows: readonly Script[] }) {
  const [{ q = '' }, change] = usePageSearch()
  const found = rows.filter(({ name, description, tags, category, os }) =>
    matchesWords(q, [name, description, category, ...tags, ...os]),
  )
  return (
    <>
      <FilterBar what="scripts" search={q} onSearch={(text) => change({ q: text })} />
      <DataTable
        label="Scripts"
        rows={found}
        rowKey={({ id }) => id}
        columns={columns}
        card={(row) => <ScriptCard script={row} />}
        empty={
          <EmptyState icon={IconSearchOff} title="No script is like that">
            <Button variant="default" onClick={() => change({ q: '' })}>
              Show all scripts
            </Button>
          </EmptyState>
        }
      />
    </>
  )
}

const columns: readonly Column<Script>[] = [
  {
    key: 'name',
    title: 'Script',
    cell: (row) => (
      <>
        <ScriptLink script={row} /> <span className="quiet">{row.description}</span>
      </>
    ),
  },
  { key: 'os', title: 'For', width: '130px', cell: ({ os }) => os.join(', ') },
  { key: 'shell', title: 'Shell', width: '100px', cell: ({ shell }) => shell },
  { key: 'tags', title: 'Tags', width: '20%', cell: (row) => <Tags script={row} /> },
  { key: 'revision', title: 'Revision', width: '80px', align: 'right', cell: ({ revision }) => revision },
  {
    key: 'updated',
    title: 'Changed',
    width: '110px',
    align: 'right',
    cell: ({ updated_at }) => <RelativeTime at={updated_at} />,
  },
]

function ScriptLink({ script }: { script: Script }) {
  const [{ on }] = usePageSearch()
  return (
    <Link to="/scripts/$scriptId" params={{ scriptId: script.id }} search={{ on }}>
      {script.name}
    </Link>
  )
}

function Tags({ script }: { script: Script }) {
  return script.tags.map((tag) => <Tag key={tag}>{tag}</Tag>)
}

function ScriptCard({ script }: { script: Script }) {
  const { description, os, shell, updated_at } = script
  return (
    <>
      <strong>
        <ScriptLink script={script} />
      </strong>
      <div className="quiet clip">{description ?? `${shell} on ${os.join(' and ')}`}</div>
      <div className="quiet">
        changed <RelativeTime at={updated_at} /> <Tags script={script} />
      </div>
    </>
  )
}
