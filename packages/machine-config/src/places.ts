import { getLocation, type Document, type Entry, type Node, type Value } from '@bgotink/kdl'

/** A place in the text: `offset` in UTF-16 units, line and column 1-based, columns in Unicode code points. */
export interface Place {
  readonly offset: number
  readonly line: number
  readonly column: number
}

/** From `start` up to but without `end`. */
export interface Span {
  readonly start: Place
  readonly end: Place
}

/** Where each JSON pointer of the typed config stands in the text. */
export interface Places {
  /** What a finding underlines: the token of a value (quotes included), or the head of a node. */
  readonly values: Map<string, Span>
  /** Names of nodes whose name is itself the user's word: options. */
  readonly names: Map<string, Span>
  /** Tokens of values that could be read: what an edit replaces. */
  readonly tokens: Map<string, Span>
  /** The node that an object, or the single value that it carries, was read from. */
  readonly nodes: Map<string, Node>
}

const beginning: Place = { offset: 0, line: 1, column: 1 }
const nowhere: Span = { start: beginning, end: beginning }

/** Makes an empty map of places. */
export function makePlaces(): Places {
  return { values: new Map(), names: new Map(), tokens: new Map(), nodes: new Map() }
}

/** Remembers where the value of a pointer stands. */
export function placeValue(places: Places, pointer: string, { span }: { readonly span: Span }): void {
  places.values.set(pointer, span)
  places.tokens.set(pointer, span)
}

/** Finds the place of a pointer, or of the nearest thing around it; the beginning of the text where there is none. */
export function spanOf(places: Places, pointer: string): Span {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const span = places.values.get(at)
    if (span) return span
    if (at === '') return nowhere
  }
}

/** The place of a parsed element; the parser stores one for everything it reads. */
export function locationOf(element: Node | Value | Document): Span {
  return getLocation(element) ?? nowhere
}

/** The place of an argument or property; the parser's own end of it takes in the space behind. */
export function entrySpan(entry: Entry): Span {
  return { start: (getLocation(entry) ?? nowhere).start, end: locationOf(entry.value).end }
}

/** The place of a node's name. */
export function nameSpan(node: Node): Span {
  return getLocation(node.name) ?? locationOf(node)
}

/** From a node's name to its last argument or property: what a finding about the whole node underlines. */
export function headSpan(node: Node): Span {
  const last = node.entries.at(-1)
  return { start: nameSpan(node).start, end: last ? entrySpan(last).end : nameSpan(node).end }
}

/** Writes one step of a JSON pointer (RFC 6901). */
export function pointerStep(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
