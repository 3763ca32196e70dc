import { Button, Checkbox, TextInput } from '@mantine/core'
import type { ScriptExecution } from '@slipway/protocol'
import { useState } from 'react'
import { downloadText } from '../../ui/download-text.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { printBytes } from '../../ui/format-bytes.ts'
import { LineView } from '../../ui/LineView.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { hasEnded } from '../../words/execution-status.ts'
import { useOutput } from './use-output.ts'

/** What the script writes, as it writes it. */
export function OutputPanel({ run }: { run: ScriptExecution }) {
  const { lines, fault } = useOutput(run.id)
  const [search, setSearch] = useState('')
  const [follow, setFollow] = useState(true)
  const found = search === '' ? lines : lines.filter(({ text }) => text.toLowerCase().includes(search.toLowerCase()))
  const text = () => found.map((line) => line.text).join('\n')
  return (
    <Panel
      title="Output"
      flush
      actions={
        <>
          <TextInput
            size="xs"
            aria-label="Search the output"
            placeholder="Search the output"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <Checkbox
            size="xs"
            label="Follow"
            checked={follow}
            onChange={(event) => setFollow(event.currentTarget.checked)}
            style={{ alignSelf: 'center' }}
          />
          <Button variant="default" onClick={() => void navigator.clipboard?.writeText(text())}>
            Copy
          </Button>
          <Button variant="default" onClick={() => downloadText(`${run.id}.log`, text())}>
            Download
          </Button>
        </>
      }
    >
      {fault && <FaultNote fault={fault} title="The output ended early" />}
      {run.truncated && (
        <p className="quiet" style={{ margin: '8px 14px' }}>
          Cut at the configured cap: it wrote {printBytes(run.stdout_bytes + run.stderr_bytes)}.
        </p>
      )}
      <LineView
        label="Output"
        follow={follow}
        onFollow={setFollow}
        empty={emptyText(run, search)}
        lines={found.map(({ key, text: line, stream }) => ({
          key,
          text: line,
          tone: stream === 'stderr' ? ('warn' as const) : undefined,
        }))}
      />
    </Panel>
  )
}

function emptyText({ status }: ScriptExecution, search: string): string {
  if (search !== '') return 'No line is like that.'
  if (status === 'PENDING') return 'It has not started yet.'
  return hasEnded(status) ? 'It wrote nothing.' : 'It has written nothing so far.'
}
