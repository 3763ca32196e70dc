import type { Document } from '@bgotink/kdl'
import type { Report } from './finding-list.ts'
import { locationOf } from './places.ts'

/**
 * Finds escapes that KDL v1 does not have (grammar of KDL 1.0: `\n \r \t \\ \/ \" \b \f \u{…}`): the library's parser
 * takes them as the letter itself, so a slip in version 2 text would pass as version 1.
 */
export function unknownEscapes(document: Document, text: string): Report[] {
  const reports: Report[] = []
  for (const node of document.nodes) {
    for (const entry of node.entries) {
      const span = locationOf(entry.value)
      const source = text.slice(span.start.offset, span.end.offset)
      if (typeof entry.getValue() !== 'string' || !hasUnknownEscape(source)) continue
      reports.push({
        code: 'syntax-error',
        message: 'Invalid escape in a string.',
        cure: 'Write \\\\ for a backslash.',
        pointer: '',
        span,
      })
    }
    if (node.children) reports.push(...unknownEscapes(node.children, text))
  }
  return reports
}

function hasUnknownEscape(source: string): boolean {
  // Raw strings (r"…") have no escapes; a type annotation may stand before the quotes.
  const quoted = /^(?:\([^)]*\))?"([^]*)"$/u.exec(source)?.[1]
  return quoted !== undefined && /\\[^nrt\\/"bfu]/u.test(quoted.replaceAll(/\\\\/gu, ''))
}
