import {
  parse,
  type Document,
  type Entry,
  type Node,
  type WhitespaceInDocument,
  type WhitespaceInNode,
} from '@bgotink/kdl'

/** What stands between nodes: comments, nodes that are commented out, and where a line was left blank. */
export type Between =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'dead-node'; readonly node: Node }
  | { readonly kind: 'blank' }

/** What stands inside a node beside its entries. */
export type Within =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'dead-entry'; readonly entry: Entry }
  | { readonly kind: 'dead-block'; readonly block: Document }

/** Takes the space around nodes apart. */
export function readBetween(space: string | undefined): Between[] {
  // Most nodes have nothing but an end of line around them.
  if (!space || /^[^\S\r\n]*$/u.test(space)) return []
  const found: Between[] = []
  let newlines = 0
  // Safe: the library's types name one item where the function returns the list of them (parse-whitespace.js).
  const items = parse(withoutContinuations(space ?? ''), {
    as: 'whitespace in document',
  }) as unknown as WhitespaceInDocument
  for (const item of items) {
    if (item.type === 'newline') {
      newlines += 1
      continue
    }
    // Spaces and the byte order mark separate nothing.
    if (item.type !== 'singleline' && item.type !== 'multiline' && item.type !== 'slashdash') continue
    if (newlines > 1 || (newlines === 1 && found.length === 0)) found.push({ kind: 'blank' })
    if (item.type === 'slashdash') found.push({ kind: 'dead-node', node: item.value })
    else found.push({ kind: 'comment', text: item.text.trimEnd() })
    // The end of a line comment or of a dead node belongs to it.
    newlines = item.type === 'multiline' ? 0 : 1
  }
  if (newlines > 1 || (newlines === 1 && found.length === 0)) found.push({ kind: 'blank' })
  return found
}

/** Takes the space inside a node apart. */
export function readWithin(space: string | undefined): Within[] {
  if (!space || /^[^\S\r\n]*$/u.test(space)) return []
  // Safe: as above.
  const items = parse(space ?? '', { as: 'whitespace in node' }) as unknown as WhitespaceInNode
  return items.flatMap((item): Within[] => {
    switch (item.type) {
      case 'multiline':
        return [{ kind: 'comment', text: item.text }]
      case 'slashdash':
        return item.value.type === 'entry'
          ? [{ kind: 'dead-entry', entry: item.value }]
          : [{ kind: 'dead-block', block: item.value }]
      case 'line-escape': {
        const comment = /\/\/[^\n\r\u0085\v\f\u2028\u2029]*/u.exec(item.text)?.[0]
        // A line comment ends its line, which the node's one line cannot; its words are kept.
        return comment === undefined ? [] : [{ kind: 'comment', text: blockComment(comment) }]
      }
      default:
        return []
    }
  })
}

function blockComment(line: string): string {
  return `/* ${line
    .slice(2)
    .trim()
    .replaceAll(/\*\/|\/\*/gu, '')} */`
}

/** Between nodes a continued line means nothing, and the library does not read it there again: the backslash goes. */
function withoutContinuations(space: string): string {
  const pieces = /\/\/[^\r\n]*|\/\*[^]*?\*\/|\/-[^]*|\\(?=[^\S\r\n]*(?:[\r\n]|\/\/|\/\*|$))/gu
  return space.replaceAll(pieces, (piece) => (piece === '\\' ? '' : piece))
}
