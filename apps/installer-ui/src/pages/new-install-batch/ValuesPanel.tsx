import { Button, Select, TextInput } from '@mantine/core'
import { IconArrowBarDown, IconPlus } from '@tabler/icons-react'
import type { BatchMachineCheck, MachineConfig } from '@slipway/protocol'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { columnsOf, filledDown, pasted, valueOf, withValue, type BatchLine, type BatchWish } from './batch-wish.ts'
import { CheckResult } from './CheckResult.tsx'
import { allColumns, type ValueColumn } from './value-columns.ts'
import classes from './ValuesPanel.module.css'

interface ValuesPanelProps {
  readonly wish: BatchWish
  readonly config: MachineConfig
  readonly lines: readonly BatchLine[]
  /** What the last check found, by machine. */
  readonly results: ReadonlyMap<string, BatchMachineCheck>
  readonly onChange: (wish: BatchWish) => void
}

/** What each machine gets of its own: a table to type in, to count down, or to paste a spreadsheet into. */
export function ValuesPanel(props: ValuesPanelProps) {
  const { wish, config, lines, results, onChange } = props
  const columns = columnsOf(wish, config)
  const others = allColumns(config).filter(({ pointer }) => !columns.some((each) => each.pointer === pointer))
  return (
    <Panel
      title="What each machine gets"
      actions={
        <Select
          size="xs"
          w={210}
          searchable
          aria-label="Add a column"
          placeholder="Add a column"
          leftSection={<IconPlus size={13} aria-hidden />}
          data={others.map(({ pointer, title }) => ({ value: pointer, label: title }))}
          value={null}
          onChange={(pointer) => pointer !== null && onChange({ ...wish, columns: [...wish.columns, pointer] })}
        />
      }
    >
      <DataTable
        label="What each machine gets"
        rows={lines}
        rowKey={({ machine }) => machine.machine_id}
        columns={[
          { key: 'machine', title: 'Machine', cell: ({ machine }) => machine.machine_id },
          ...columns.map((column) => valueColumn(props, columns, column)),
          {
            key: 'check',
            title: 'Check',
            width: '36%',
            cell: ({ machine }) => <CheckResult result={results.get(machine.machine_id)} />,
          },
        ]}
        card={(line) => (
          <>
            <strong>{line.machine.machine_id}</strong>
            {columns.map((column) => (
              <Cell key={column.pointer} {...props} columns={columns} column={column} line={line} isLabelled />
            ))}
            <CheckResult result={results.get(line.machine.machine_id)} />
          </>
        )}
        empty={null}
      />
      <div className={classes.fill}>
        {lines.length > 1 &&
          columns.map(({ pointer, title }) => (
            <Button
              key={pointer}
              size="compact-xs"
              variant="subtle"
              color="gray"
              leftSection={<IconArrowBarDown size={14} aria-hidden />}
              onClick={() => onChange(filledDown(wish, config, lines, pointer))}
            >
              Count {title} up from the first
            </Button>
          ))}
      </div>
    </Panel>
  )
}

function valueColumn(props: ValuesPanelProps, columns: readonly ValueColumn[], column: ValueColumn): Column<BatchLine> {
  return {
    key: column.pointer,
    title: column.title,
    width: '190px',
    cell: (line) => <Cell {...props} columns={columns} column={column} line={line} />,
  }
}

interface CellProps extends ValuesPanelProps {
  readonly columns: readonly ValueColumn[]
  readonly column: ValueColumn
  readonly line: BatchLine
  readonly isLabelled?: boolean
}

function Cell({ wish, config, lines, onChange, columns, column, line, isLabelled = false }: CellProps) {
  const { pointer, title } = column
  return (
    <TextInput
      size="xs"
      {...(isLabelled ? { label: title } : { 'aria-label': `${title} of ${line.machine.machine_id}` })}
      classNames={{ input: classes.cell ?? '' }}
      value={valueOf(wish, config, line, pointer)}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onChange(withValue(wish, line.machine.machine_id, pointer, event.currentTarget.value))}
      onPaste={(event) => {
        const text = event.clipboardData.getData('text/plain')
        if (!/[\t\n]/u.test(text.trim())) return // one cell: the field takes it as it takes any text
        event.preventDefault()
        const from = columns.findIndex((each) => each.pointer === pointer)
        onChange(pasted(wish, text, { lines: lines.slice(line.index), columns: columns.slice(from) }))
      }}
    />
  )
}
