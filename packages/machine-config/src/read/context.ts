import type { FindingList } from '../finding-list.ts'
import type { Places } from '../places.ts'

/** What every reader needs: the text, where findings go, and the map of places that it fills. */
export interface ReadContext {
  readonly text: string
  readonly findings: FindingList
  readonly places: Places
  readonly defaultRegistry: string | undefined
}
