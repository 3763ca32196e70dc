import { isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { scriptError, type RawFinding } from './script-finding.ts'

/** Enough for the longest program and its inputs. */
const mostBytes = 768 * 1024
/** Anchors are rare in script files; more references than this is a bomb. */
const mostAliases = 32
/** The deepest path of a script file has four levels. */
const mostDepth = 32

/** A place in the text, 1-based. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface ReadSource {
  /** Null when the text is not YAML. */
  readonly value: unknown
  readonly findings: readonly (RawFinding & { readonly place?: Place })[]
  /** Where a finding is in the text. */
  locate(finding: RawFinding): Place | null
}

/** Reads YAML (of which JSON is a part) with bounds on size, depth and aliases; what is wrong becomes findings. */
export function readScriptSource(source: string): ReadSource {
  if (Buffer.byteLength(source) > mostBytes)
    return failed('too-large', `the file is larger than ${mostBytes} bytes`, 'move data out of the script')
  if (isTooDeep(source)) return failed('too-deep', `the file nests deeper than ${mostDepth} levels`, 'write it flatter')
  try {
    return readDocument(source)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return failed('not-yaml', `the file cannot be read: ${words}`, 'write YAML or JSON as in the documentation')
  }
}

function readDocument(source: string): ReadSource {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true, merge: false, prettyErrors: false })
  const findings = document.errors.map((error) => ({
    ...scriptError([], 'not-yaml', error.message, 'correct the YAML (or JSON) here'),
    place: placeAt(lines, error.pos[0]),
  }))
  const locate = (finding: RawFinding) => findPlace(document, lines, source, finding)
  if (findings.length > 0) return { value: null, findings, locate }
  return { value: document.toJS({ maxAliasCount: mostAliases }), findings, locate }
}

function failed(code: string, message: string, cure: string): ReadSource {
  return { value: null, findings: [scriptError([], code, message, cure)], locate: () => null }
}

/** Flow brackets and indentation are all that nests; counted before the parser recurses over them. */
function isTooDeep(source: string): boolean {
  let run = 0
  for (const character of source) {
    if (character === '[' || character === '{') run += 1
    else if (!/\s/.test(character)) run = 0
    if (run > mostDepth) return true
  }
  return /^(?:\s*- ){33}/m.test(source)
}

function findPlace(document: Document, lines: LineCounter, source: string, finding: RawFinding): Place | null {
  for (let length = finding.path.length; length >= 0; length -= 1) {
    const node = document.getIn(finding.path.slice(0, length), true)
    if (!isNode(node) || !node.range) continue
    const isWhole = length === finding.path.length
    if (isWhole && finding.at !== undefined && isScalar(node) && typeof node.value === 'string')
      return programPlace(lines, source, { start: node.range[0], text: node.value, type: node.type }, finding.at)
    return placeAt(lines, node.range[0])
  }
  return null
}

/** In a literal block each line of the value is a line of the file, behind the block's indentation. */
function programPlace(
  lines: LineCounter,
  source: string,
  node: { start: number; text: string; type: string | undefined },
  at: number,
): Place {
  const start = placeAt(lines, node.start)
  if (node.type !== 'BLOCK_LITERAL') return start
  const before = node.text.slice(0, at).split('\n')
  const line = start.line + before.length
  const from = lines.lineStarts[line - 1] ?? 0
  const written = source.slice(from, lines.lineStarts[line] ?? source.length).replace(/\r?\n$/, '')
  const value = node.text.split('\n')[before.length - 1] ?? ''
  const indent = Math.max(0, written.length - value.length)
  return { line, column: indent + (before.at(-1)?.length ?? 0) + 1 }
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}
