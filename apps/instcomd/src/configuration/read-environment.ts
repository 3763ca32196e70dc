import { partialSchema } from './configuration-schema.ts'
import { check, type ReadResult } from './read-file.ts'

/** Variables of api.md and the keys they set. APP_HOST is not here: it is an advertised address, made into a URL later. */
const variables: Readonly<Record<string, { key: readonly [string, string?]; number?: true }>> = {
  PORT: { key: ['server', 'port'], number: true },
  SLIPWAY_MACHINE_PORT: { key: ['server', 'machine_port'], number: true },
  SLIPWAY_DATA_DIR: { key: ['server', 'data_dir'] },
  DATABASE_URL: { key: ['database_url'] },
}

/** Reads the variables that are set and not empty; `sources` names the variable of each dotted key. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): ReadResult & { sources: Map<string, string> } {
  const nested: Record<string, unknown> = {}
  const sources = new Map<string, string>()
  for (const [name, { key, number }] of Object.entries(variables)) {
    const text = env[name]
    if (!text) continue
    setAt(
      nested,
      key.filter((part) => part !== undefined),
      number && /^\d+$/.test(text) ? Number(text) : text,
    )
    sources.set(key.join('.'), `environment ${name}`)
  }
  const { values, findings } = check(partialSchema, 'environment', nested, () => null)
  // A person set a variable, not a key: say its name.
  const named = findings.map((finding) => ({
    ...finding,
    key: sources.get(finding.key)?.replace('environment ', '') ?? finding.key,
  }))
  return { values, findings: named, sources }
}

/** Sets a value in nested plain objects, making the ones in between. */
export function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head = '', ...rest] = path
  if (rest.length === 0) {
    target[head] = value
    return
  }
  const inner = target[head]
  const next: Record<string, unknown> = isRecord(inner) ? inner : {}
  target[head] = next
  setAt(next, rest, value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
