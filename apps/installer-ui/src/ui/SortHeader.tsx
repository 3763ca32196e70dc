import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { Column, Sort } from './DataTable.tsx'
import classes from './DataTable.module.css'

interface SortHeaderProps<Row> {
  readonly column: Column<Row>
  readonly sort: Sort | null | undefined
  readonly onSort: ((sort: Sort) => void) | undefined
}

/** A column's head: sorts where the column can be sorted by. */
export function SortHeader<Row>({ column, sort, onSort }: SortHeaderProps<Row>) {
  const { key, title, width, align } = column
  const isSorted = sort?.key === key
  const Arrow = isSorted && sort.down ? IconArrowDown : IconArrowUp
  const order = sort?.down ? 'descending' : 'ascending'
  return (
    <th scope="col" style={{ width }} data-align={align} aria-sort={isSorted ? order : undefined}>
      {column.sort && onSort ? (
        <button type="button" className={classes.sort} onClick={() => onSort({ key, down: isSorted && !sort.down })}>
          {align !== 'right' && title}
          <Arrow size={13} aria-hidden style={{ visibility: isSorted ? 'visible' : 'hidden' }} />
          {align === 'right' && title}
        </button>
      ) : (
        title
      )}
    </th>
  )
}
