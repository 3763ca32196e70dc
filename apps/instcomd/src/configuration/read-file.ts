import { parse as parseToml, TomlError } from 'smol-toml'
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import { partialSchema, tlsSchema, type PartialConfiguration } from './configuration-schema.ts'

/** One thing wrong with the configuration, and where. */
export interface Finding {
  /** `slipway.yaml`, `environment`, `command line`. */
  readonly source: string
  /** 1-based; null where there are no lines. */
  readonly line: number | null
  readonly column: number | null
  readonly key: string
  readonly message: string
}

export interface ReadResult {
  readonly values: PartialConfiguration
  readonly findings: readonly Finding[]
}

type Place = (path: readonly PropertyKey[]) => { line: number; column: number } | null

/** Reads the text of `slipway.yaml`; a TOML file may carry the published `[tls]` block alone. */
export function readFileText(source: string, text: string): ReadResult {
  return source.endsWith('.toml') ? readToml(source, text) : readYaml(source, text)
}

function readYaml(source: string, text: string): ReadResult {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true })
  const findings = document.errors.map((error): Finding => {
    const at = error.linePos?.[0]
    const [message = ''] = error.message.split('\n')
    return {
      source,
      key: '',
      line: at?.line ?? null,
      column: at?.col ?? null,
      message: message.replace(/ at line .*$/, ''),
    }
  })
  if (findings.length > 0) return { values: {}, findings }
  // An empty file, or one of comments only, sets nothing.
  const value: unknown = document.toJS({ maxAliasCount: 0 }) ?? {}
  return check(partialSchema, source, value, (path) => placeInYaml(document, counter, path))
}

function readToml(source: string, text: string): ReadResult {
  try {
    const schema = z.strictObject({ tls: tlsSchema.partial() }).partial()
    return check(schema, source, parseToml(text), (path) => placeInToml(text, path))
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [message = ''] = error.message.split('\n')
    return { values: {}, findings: [{ source, key: '', line: error.line, column: error.column, message }] }
  }
}

/** Checks values from anywhere; every issue becomes a finding, and an unknown key one each, at its own place. */
export function check(
  schema: z.ZodType<PartialConfiguration>,
  source: string,
  value: unknown,
  place: Place,
): ReadResult {
  const parsed = schema.safeParse(value)
  if (parsed.success) return { values: parsed.data, findings: [] }
  const findings = parsed.error.issues.flatMap((issue) => {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
    const message = issue.code === 'unrecognized_keys' ? 'is not a key of the configuration' : issue.message
    return paths.map((path): Finding => {
      const at = place(path)
      return { source, key: path.map(String).join('.'), line: at?.line ?? null, column: at?.column ?? null, message }
    })
  })
  return { values: {}, findings }
}

/** The key's place for what is wrong with a key, the value's for what is wrong with a value. */
function placeInYaml(document: Document, counter: LineCounter, path: readonly PropertyKey[]): ReturnType<Place> {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true)
    const pair = isMap(parent)
      ? parent.items.find((item) => (isScalar(item.key) ? item.key.value : null) === path[depth - 1])
      : null
    const node = pair
      ? isNode(pair.value) && pair.value.range
        ? pair.value
        : pair.key
      : document.getIn(path.slice(0, depth), true)
    if (!isNode(node) || !node.range) continue
    const at = counter.linePos(node.range[0])
    return { line: at.line, column: at.col }
  }
  return { line: 1, column: 1 }
}

/** smol-toml keeps no places; the block is flat, so the line that begins with the key is the one. */
function placeInToml(text: string, path: readonly PropertyKey[]): ReturnType<Place> {
  const key = String(path.at(-1))
  const lines = text.split('\n')
  const index = lines.findIndex((line) => {
    const [name = ''] = line.split('=')
    return name.trim().replaceAll('"', '') === key || line.trim().startsWith(`[${key}]`)
  })
  return index < 0 ? { line: 1, column: 1 } : { line: index + 1, column: (lines[index] ?? '').search(/\S/) + 1 }
}
