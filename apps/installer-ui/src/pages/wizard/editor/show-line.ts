import { createContext, use } from 'react'

/** A place in the text, as findings name it: from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Shows a place of the text in the editor, wherever that stands on this screen. */
export const ShowLineContext = createContext<(place: Place) => void>(() => undefined)

export function useShowLine(): (place: Place) => void {
  return use(ShowLineContext)
}
