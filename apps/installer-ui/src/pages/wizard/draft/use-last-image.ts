import { useList } from '../../../api/route-query.ts'

/** What was installed last on any machine is most likely wanted again; empty: nothing yet; undefined: still unknown. */
export function useLastImage(): string | undefined {
  const { data, error } = useList('listInstallations')
  if (error) return ''
  return data && (data.toSorted((a, b) => b.created_at.localeCompare(a.created_at))[0]?.image.reference ?? '')
}
