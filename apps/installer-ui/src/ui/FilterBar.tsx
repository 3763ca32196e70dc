import { TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useRef, type ReactNode } from 'react'
import classes from './FilterBar.module.css'

interface FilterBarProps {
  readonly search: string
  onSearch(search: string): void
  /** What is searched, in the words of «Search …». */
  readonly what: string
  /** Further filters. */
  readonly children?: ReactNode
}

/** Search and filters above a list; `/` jumps into the search. */
export function FilterBar({ search, onSearch, what, children }: FilterBarProps) {
  const input = useRef<HTMLInputElement>(null)
  useHotkeys([['/', () => input.current?.focus()]])
  return (
    <search className={classes.bar}>
      <TextInput
        ref={input}
        className={classes.search}
        size="xs"
        aria-label={`Search ${what}`}
        placeholder={`Search ${what}  /`}
        leftSection={<IconSearch size={14} aria-hidden />}
        value={search}
        onChange={(event) => onSearch(event.currentTarget.value)}
      />
      {children}
    </search>
  )
}
