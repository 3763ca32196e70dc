import { autocompletion, closeBrackets, completionKeymap, type CompletionSource } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { editorHighlight, editorTheme } from './editor-theme.ts'

export interface TextEditorProps {
  readonly label: string
  readonly value: string
  readonly onChange?: (value: string) => void
  /** Highlighting and what belongs to a language. */
  readonly language: Extension
  readonly completion?: CompletionSource
  /** Shown at their places, with their cures as actions. */
  readonly findings?: (state: EditorState) => Diagnostic[]
  /** A line to show: a new object moves there, so that the same line can be asked for again. */
  readonly goTo?: { readonly line: number; readonly column: number } | null
  readonly minHeight?: string
}

/** A text with highlighting, completion and findings. Tab leaves it, as everywhere on the page. */
export function TextEditor(props: TextEditorProps) {
  const frame = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const latest = useRef(props)
  const { value, findings, goTo } = props
  useLayoutEffect(() => {
    latest.current = props
  })
  useEffect(() => {
    if (!frame.current) return undefined
    const made = makeView(frame.current, () => latest.current)
    view.current = made
    // Its font may still be on the way: lines that were measured in another one would not meet their numbers.
    void document.fonts.ready.then(() => made.requestMeasure())
    return () => made.destroy()
  }, [])
  useEffect(() => {
    const { current } = view
    if (!current || current.state.doc.toString() === value) return
    current.dispatch({ changes: difference(current.state.doc.toString(), value) })
  }, [value])
  useEffect(() => {
    const { current } = view
    if (current && findings) current.dispatch(setDiagnostics(current.state, findings(current.state)))
  }, [value, findings])
  useEffect(() => {
    const { current } = view
    if (!current || !goTo) return
    const line = current.state.doc.line(Math.min(Math.max(1, goTo.line), current.state.doc.lines))
    const anchor = Math.min(line.to, line.from + goTo.column - 1)
    current.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) })
    current.focus()
  }, [goTo])
  return <div ref={frame} />
}

function makeView(parent: HTMLElement, props: () => TextEditorProps): EditorView {
  const { value, label, language, completion } = props()
  const readOnly = props().onChange === undefined
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: value,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        indentOnInput(),
        highlightActiveLine(),
        lintGutter(),
        autocompletion(completion ? { override: [completion] } : {}),
        keymap.of([...completionKeymap, ...searchKeymap, ...historyKeymap, ...lintKeymap, ...defaultKeymap]),
        language,
        syntaxHighlighting(editorHighlight),
        editorTheme,
        EditorView.theme({
          '.cm-content, .cm-gutter': { minHeight: props().minHeight ?? '240px' },
          '.cm-scroller': { maxHeight: '70vh', overflow: 'auto' },
        }),
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          const text = update.state.doc.toString()
          if (update.docChanged && text !== props().value) props().onChange?.(text)
        }),
      ],
    }),
  })
}

/** The one change that turns a text into another: what both begin and end with stays, and so do cursor and undo. */
function difference(from: string, to: string): { from: number; to: number; insert: string } {
  let start = 0
  while (start < from.length && start < to.length && from[start] === to[start]) start += 1
  let [end, newEnd] = [from.length, to.length]
  while (end > start && newEnd > start && from[end - 1] === to[newEnd - 1]) {
    end -= 1
    newEnd -= 1
  }
  return { from: start, to: end, insert: to.slice(start, newEnd) }
}
