import { InvalidKdlError, parse as parseV2, type Document } from '@bgotink/kdl'
import { parse as parseV1 } from '@bgotink/kdl/v1-compat'
import { err, ok, type Result } from '@slipway/base'
import { maxFindings, type Report } from './finding-list.ts'
import { unknownEscapes } from './kdl1-escapes.ts'
import type { Place, Span } from './places.ts'

export type KdlVersion = 1 | 2

export interface KdlText {
  readonly version: KdlVersion
  readonly document: Document
}

/** The bound on a machine config in bytes of UTF-8 (api.md, "Input limits"). */
export const maxConfigBytes = 256 * 1024

/** `/- kdl-version N` opens the document (KDL 2.0 specification, "Version marker"). */
const versionMarker = /^\uFEFF?\s*\/-[^\S\r\n]*kdl-version[^\S\r\n]+([^\s;]+)/u

/**
 * Parses KDL of either version with its strict parser: the one that the marker names, else version 2, then 1.
 * The library's own `parseCompat` ignores the marker and accepts text that is legal in neither version. When both
 * fail, version 2's findings are returned: it is the one to write.
 */
export function parseKdl(text: string): Result<KdlText, Report[]> {
  const bytes = new TextEncoder().encode(text).length
  if (bytes > maxConfigBytes) return err([tooLarge(bytes)])
  const marker = versionMarker.exec(text)
  const marked = marker?.[1]
  if (marker && marked !== undefined && marked !== '1' && marked !== '2') return err([unknownVersion(text, marker)])
  if (marked === '1') return parseWith(text, 1)
  const second = parseWith(text, 2)
  if (second.ok || marked === '2') return second
  const first = parseWith(text, 1)
  return first.ok ? first : second
}

function parseWith(text: string, version: KdlVersion): Result<KdlText, Report[]> {
  const parse = version === 1 ? parseV1 : parseV2
  try {
    const document = parse(text, { storeLocations: true })
    const escapes = version === 1 ? unknownEscapes(document, text) : []
    return escapes.length > 0 ? err(escapes) : ok({ version, document })
  } catch (error) {
    return err(syntaxReports(error, text, version))
  }
}

function syntaxReports(error: unknown, text: string, version: KdlVersion): Report[] {
  if (!(error instanceof InvalidKdlError)) return [tooDeep()]
  const seen = new Set<number>()
  const reports: Report[] = []
  for (const one of error.flat()) {
    // One more than are shown, so that the list says that there are more.
    if (reports.length > maxFindings) break
    const report = syntaxReport(one, text, version)
    const offset = report.span?.start.offset ?? -1
    // The parser often complains twice of one character: as a character and as a token.
    if (!seen.has(offset)) reports.push(report)
    seen.add(offset)
  }
  return reports
}

function syntaxReport(error: InvalidKdlError, text: string, version: KdlVersion): Report {
  // Deep nesting overflows the parser's stack, which the library reports without a place.
  if (!error.start && /call stack|recursion/u.test(error.message)) return tooDeep()
  const sentence = error.message.replace(/ at (\d+:\d+|end of input)$/u, '')
  const keyword = /^Invalid keyword "([^"]+)"/u.exec(sentence)?.[1]
  const span = errorSpan(error, text)
  return {
    code: 'syntax-error',
    message: `${sentence}${error.message.endsWith('at end of input') ? ' at the end of the text' : ''}.`,
    cure: keyword === undefined ? syntaxCure(sentence, version) : keywordCure(keyword),
    pointer: '',
    span,
  }
}

function syntaxCure(sentence: string, version: KdlVersion): string {
  // KDL v1 differs here from what people write: { a "1" } lacks the end of the node before the brace.
  if (version === 1 && /node terminator/u.test(sentence))
    return 'In KDL v1 a node ends with ; or a new line, before } too.'
  return `Write the text as KDL v${version}: names and values on one line, strings in double quotes, blocks in { }.`
}

function keywordCure(keyword: string): string {
  return `Write #${keyword}. A bare ${keyword} is KDL v1: if the text is KDL v1, begin it with the line \`/- kdl-version 1\`.`
}

/** The library places an unexpected word at the token after it; this moves the place back onto the word. */
function errorSpan(error: InvalidKdlError, text: string): Span {
  const start = error.start ?? { offset: 0, line: 1, column: 1 }
  const isWord = /^(?:Invalid keyword|Unexpected identifier)/u.test(error.message)
  const word = isWord
    ? /[^\s{}();="]+$/u.exec(text.slice(Math.max(0, start.offset - 200), start.offset))?.[0]
    : undefined
  if (word === undefined) return { start, end: error.end ?? after(start) }
  const column = start.column - Array.from(word).length
  return { start: { offset: start.offset - word.length, line: start.line, column }, end: start }
}

function after(place: Place): Place {
  return { offset: place.offset + 1, line: place.line, column: place.column + 1 }
}

function tooDeep(): Report {
  return {
    code: 'nesting-too-deep',
    message: 'The text is nested so deeply that it cannot be read.',
    cure: 'A machine config has at most four levels of blocks; remove the others.',
    pointer: '',
  }
}

function tooLarge(bytes: number): Report {
  return {
    code: 'config-too-large',
    message: `The text has ${bytes} bytes; a machine config has at most ${maxConfigBytes}.`,
    cure: 'Remove comments or data that do not belong into a machine config.',
    pointer: '',
  }
}

function unknownVersion(text: string, marker: RegExpExecArray): Report {
  const line = marker[0].split(/\r\n|[\n\r\u0085\v\f\u2028\u2029]/u).length
  const lineStart = Math.max(text.lastIndexOf('\n', marker[0].length - 1) + 1, text.startsWith('\uFEFF') ? 1 : 0)
  const version = marker[1] ?? ''
  const from = marker[0].length - version.length
  return {
    code: 'kdl-version-unknown',
    message: `The marker names KDL version ${version}; versions 1 and 2 are known.`,
    cure: 'Write `/- kdl-version 2`, or remove the marker.',
    pointer: '',
    span: {
      start: { offset: from, line, column: from - lineStart + 1 },
      end: { offset: marker[0].length, line, column: marker[0].length - lineStart + 1 },
    },
  }
}
