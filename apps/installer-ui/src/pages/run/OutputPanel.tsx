import { Checkbox, Select, TextInput } from '@mantine/core'
import type { ScriptExecution } from '@slipway/protocol'
import { useState } from 'react'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { printBytes } from '../../ui/format-bytes.ts'
import { LineView } from '../../ui/LineView.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { hasEnded } from '../../words/execution-status.ts'
import { OutputButtons } from './OutputButtons.tsx'
import { readableLine } from './output-lines.ts'
import { useOutput } from './use-output.ts'

const streams = [
  { value: 'both', label: 'Both streams' },
  { value: 'stdout', label: 'stdout' },
  { value: 'stderr', label: 'stderr' },
]

/** What the script writes, as it writes it. */
export function OutputPanel({ run }: { run: ScriptExecution }) {
  const { lines, fault } = useOutput(run.id)
  const [search, setSearch] = useState('')
  const [chosen, setChosen] = useState('both')
  const [follow, setFollow] = useState(true)
  const found = lines
    .filter(({ stream }) => chosen === 'both' || stream === chosen)
    .map((line) => ({ ...line, text: readableLine(line.text) }))
    .filter(({ text }) => text.toLowerCase().includes(search.toLowerCase()))
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
          <Select
            size="xs"
            w={124}
            aria-label="Stream"
            data={streams}
            value={chosen}
            allowDeselect={false}
            onChange={(stream) => setChosen(stream ?? 'both')}
          />
          <Checkbox
            size="xs"
            label="Follow"
            checked={follow}
            onChange={(event) => setFollow(event.currentTarget.checked)}
            style={{ alignSelf: 'center' }}
          />
          <OutputButtons run={run} text={() => found.map(({ text }) => `${text}\n`).join('')} />
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
        empty={lines.length === 0 ? emptyText(run) : 'No line is like that.'}
        lines={found.map(({ key, text, stream }) => ({ key, text, tone: stream === 'stderr' ? 'warn' : undefined }))}
      />
    </Panel>
  )
}

function emptyText({ status }: ScriptExecution): string {
  if (status === 'PENDING') return 'It has not started yet.'
  return hasEnded(status) ? 'It wrote nothing.' : 'It has written nothing so far.'
}
