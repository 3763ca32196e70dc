import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { PageSearch } from './page-search.ts'

/** The page's filters and a setter that replaces some of them in the address, without a step in the browser's history. */
export function usePageSearch(): readonly [PageSearch, (changes: PageSearch) => void] {
  const search: PageSearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const change = useCallback(
    (changes: PageSearch) =>
      void navigate({ to: '.', search: (old: PageSearch) => ({ ...old, ...changes }), replace: true }),
    [navigate],
  )
  return [search, change]
}
