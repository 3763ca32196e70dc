import { StreamLanguage } from '@codemirror/language'

interface State {
  /** Depth of block comments, which nest in KDL. */
  comment: number
  /** Whether the next word is a node's name. */
  start: boolean
}

/** Enough of KDL (v1 and v2) to colour it: names, properties, strings, numbers, keywords, comments. The parser finds mistakes. */
export const kdlLanguage = StreamLanguage.define<State>({
  name: 'kdl',
  startState: () => ({ comment: 0, start: true }),
  token(stream, state) {
    if (state.comment > 0) return inComment(stream, state)
    if (stream.sol()) state.start = true
    if (stream.eatSpace()) return null
    if (stream.match('/*')) {
      state.comment = 1
      return 'comment'
    }
    if (stream.match('//')) {
      stream.skipToEnd()
      return 'comment'
    }
    if (stream.match('/-')) return 'comment'
    if (stream.match(/^[{};]/u)) {
      state.start = true
      return null
    }
    if (stream.match(/^#?"(?:[^"\\]|\\.)*"#?/u)) return take(state, 'string')
    if (stream.match(/^#?(?:true|false|null|inf|nan)\b/u)) return take(state, 'bool')
    if (stream.match(/^[-+]?\d[\d_.a-zA-Z]*/u)) return take(state, 'number')
    if (stream.match(/^[^\s{}()[\]/\\"#;=]+(?==)/u)) return take(state, 'propertyName')
    if (stream.match(/^[^\s{}()[\]/\\"#;=]+/u)) return take(state, state.start ? 'tagName' : 'string')
    stream.next()
    return null
  },
  languageData: {
    commentTokens: { line: '//', block: { open: '/*', close: '*/' } },
    closeBrackets: { brackets: ['{', '"'] },
  },
})

function take(state: State, token: string): string {
  state.start = false
  return token
}

function inComment(stream: { match(pattern: string): unknown; next(): unknown; eol(): boolean }, state: State): string {
  while (!stream.eol() && state.comment > 0) {
    if (stream.match('/*')) state.comment += 1
    else if (stream.match('*/')) state.comment -= 1
    else stream.next()
  }
  return 'comment'
}
