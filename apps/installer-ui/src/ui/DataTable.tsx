import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useRef, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import { SortHeader } from './SortHeader.tsx'
import { usePhone } from './use-phone.ts'
import classes from './DataTable.module.css'

export interface Column<Row> {
  readonly key: string
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** What the column sorts by; without it, it does not. */
  readonly sort?: (row: Row) => string | number
  /** CSS width; the rest is shared. */
  readonly width?: string
  readonly align?: 'right'
}

export interface Sort {
  readonly key: string
  readonly down: boolean
}

export interface DataTableProps<Row> {
  /** What the rows are: read out, and the table's name in tests. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  /** The row on a phone. */
  readonly card: (row: Row) => ReactNode
  /** Cards on wide screens too, side by side. */
  readonly cards?: boolean
  /** Opens a row: click anywhere, or Enter. The row's first cell should hold the link itself. */
  readonly onOpen?: (row: Row) => void
  readonly sort?: Sort | null
  readonly onSort?: (sort: Sort) => void
  /** Shown instead of a table without rows. */
  readonly empty: ReactNode
}

/** Rows from which on only those in sight are in the document. */
const virtualFrom = 60
const rowHeight = 41
/** Until a card was measured: they are as high as what they say. */
const cardHeight = 92
/** As in the style sheet. */
const cardGap = 8

/** Rows as a dense table, as cards on a phone; 500 and more stay smooth. Arrow keys move between rows, Enter opens. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const phone = usePhone()
  if (props.rows.length === 0) return props.empty
  if (phone) return <Cards {...props} />
  return props.cards ? <CardGrid {...props} /> : <Table {...props} />
}

function useWindow(count: number, size: number, gap = 0) {
  const frame = useRef<HTMLDivElement>(null)
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => size,
    gap,
    overscan: 12,
    scrollMargin: frame.current?.offsetTop ?? 0,
    enabled: count >= virtualFrom,
  })
  const measure = virtualizer.measureElement
  if (count < virtualFrom) return { frame, measure, from: 0, to: count, before: 0, after: 0 }
  const items = virtualizer.getVirtualItems()
  const [first, last] = [items[0], items.at(-1)]
  const margin = virtualizer.options.scrollMargin
  return {
    frame,
    measure,
    from: first?.index ?? 0,
    to: (last?.index ?? -1) + 1,
    before: (first?.start ?? margin) - margin,
    after: Math.max(0, virtualizer.getTotalSize() - ((last?.end ?? margin) - margin)),
  }
}

function Table<Row>({ label, columns, rows, rowKey, onOpen, sort, onSort }: DataTableProps<Row>) {
  const sorted = sortRows(rows, columns, sort)
  const { frame, from, to, before, after } = useWindow(sorted.length, rowHeight)
  return (
    <div ref={frame} className={classes.frame}>
      <table className={classes.table} aria-label={label} aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <SortHeader key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        {/* The keys move the focus that the rows' own links have; the body itself is no control. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <tbody onKeyDown={moveByArrows}>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {sorted.slice(from, to).map((row, index) => (
            <tr
              key={rowKey(row)}
              aria-rowindex={from + index + 2}
              data-openable={onOpen ? true : undefined}
              onClick={onOpen && ((event) => opens(event) && onOpen(row))}
            >
              {columns.map(({ key, cell, align }) => (
                <td key={key} data-align={align}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  )
}

function Cards<Row>({ label, columns, rows, rowKey, card, sort }: DataTableProps<Row>) {
  const sorted = sortRows(rows, columns, sort)
  const { frame, measure, from, to, before, after } = useWindow(sorted.length, cardHeight, cardGap)
  return (
    <div ref={frame}>
      <ul className={classes.cards} aria-label={label} style={{ paddingTop: before, paddingBottom: after }}>
        {sorted.slice(from, to).map((row, index) => (
          <li key={rowKey(row)} ref={measure} data-index={from + index} className={classes.card}>
            {card(row)}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Cards side by side; a screen holds so many that those out of sight are left to the browser (content-visibility). */
function CardGrid<Row>({ label, columns, rows, rowKey, card, sort }: DataTableProps<Row>) {
  return (
    <ul className={classes.grid} aria-label={label}>
      {sortRows(rows, columns, sort).map((row) => (
        <li key={rowKey(row)} className={classes.card}>
          {card(row)}
        </li>
      ))}
    </ul>
  )
}

/** A click on a control inside the row, or one that selects text, is not meant for the row. */
function opens(event: MouseEvent): boolean {
  const target = event.target instanceof Element ? event.target : null
  return target?.closest('a, button, input, label') === null && getSelection()?.isCollapsed !== false
}

function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const cell = event.target instanceof Element ? event.target.closest('td') : null
  const row = cell?.closest('tr')
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling
  const below = next?.children[cell?.cellIndex ?? 0]
  const control =
    below?.querySelector<HTMLElement>('a, button, input') ?? next?.querySelector<HTMLElement>('a, button, input')
  if (!control) return
  event.preventDefault()
  control.focus()
}

function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort?: Sort | null): readonly Row[] {
  const by = columns.find(({ key }) => key === sort?.key)?.sort
  if (!by || !sort) return rows
  const sign = sort.down ? -1 : 1
  return rows.toSorted((a, b) => sign * compare(by(a), by(b)))
}

const collator = new Intl.Collator('en', { numeric: true })

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b))
}
