import { Button, Checkbox, Select, TextInput } from '@mantine/core'
import { toFault } from '@slipway/base'
import type { LogLine } from '@slipway/protocol'
import { useState } from 'react'
import { downloadText } from '../../ui/download-text.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { LineView } from '../../ui/LineView.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { clockTime } from '../../ui/format-time.ts'
import { useLog } from './use-log.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof levels)[number]

/** The installation's log as it is written: levels, search, follow, copy, download. */
export function LogPanel({ installationId }: { installationId: string }) {
  const { lines, fault, dropped } = useLog(installationId)
  const [level, setLevel] = useState<Level>('info')
  const [search, setSearch] = useState('')
  const [follow, setFollow] = useState(true)
  const found = lines.filter((line) => isShown(line, level, search.toLowerCase()))
  const text = () => `${found.map(printLine).join('\n')}\n`
  return (
    <Panel
      title="Log"
      flush
      actions={
        <>
          <TextInput
            size="xs"
            aria-label="Search the log"
            placeholder="Search the log"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <Select
            size="xs"
            w={96}
            aria-label="Least level"
            data={[...levels]}
            value={level}
            allowDeselect={false}
            onChange={(chosen) => setLevel(levels.find((each) => each === chosen) ?? 'info')}
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
          <Button variant="default" onClick={() => downloadText(`${installationId}.log`, text())}>
            Download
          </Button>
        </>
      }
    >
      {fault && <FaultNote fault={toFault(fault)} title="The log ended early" />}
      {dropped > 0 && (
        <p className="quiet" style={{ margin: '8px 14px' }}>
          {dropped} older lines are not kept here.
        </p>
      )}
      <LineView
        label="Log"
        follow={follow}
        onFollow={setFollow}
        empty={lines.length === 0 ? 'Nothing was said yet.' : 'No line is like that.'}
        lines={found.map((line) => ({ key: line.seq, text: printLine(line), tone: toneOf[line.level] }))}
      />
    </Panel>
  )
}

const toneOf = { debug: 'idle', info: undefined, warn: 'warn', error: 'bad' } as const

function isShown(line: LogLine, level: Level, search: string): boolean {
  return (
    levels.indexOf(line.level) >= levels.indexOf(level) &&
    (search === '' || printLine(line).toLowerCase().includes(search))
  )
}

function printLine({ at, level, step, message }: LogLine): string {
  return `${clockTime(at)} ${level.padEnd(5)} ${step === null ? '' : `${step}  `}${message}`
}
