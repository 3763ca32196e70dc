import { parseArgs } from 'node:util'
import { Fault } from '@slipway/base'
import { parse } from 'yaml'
import { partialSchema } from './configuration-schema.ts'
import { setAt } from './read-environment.ts'
import { check, type ReadResult } from './read-file.ts'

const named = {
  host: 'server.host',
  port: 'server.port',
  'machine-port': 'server.machine_port',
  'public-url': 'server.public_url',
  'data-dir': 'server.data_dir',
  'database-url': 'database_url',
  'discovery-interface': 'discovery.interface',
  'log-level': 'installation.log_level',
} as const

export const usage = `Usage: instcomd [--config FILE] [FLAG…]

  --config FILE                slipway.yaml, installer-ui.yaml or slipway.toml; looked for in this folder and in /etc/slipway
${Object.entries(named)
  .map(([flag, key]) => `  --${`${flag} VALUE`.padEnd(26)} ${key}`)
  .join('\n')}
  --set KEY=VALUE              any key of the file by its dotted name, as YAML: --set discovery.interval=10s
  --help                       this text
  --version                    the version`

export interface Flags extends ReadResult {
  readonly config: string | null
  readonly help: boolean
  readonly version: boolean
  readonly sources: Map<string, string>
}

/** Reads the command line. Throws `usage` for what is no flag. */
export function readFlags(argv: readonly string[]): Flags {
  const parsed = parse_(argv)
  const nested: Record<string, unknown> = {}
  const sources = new Map<string, string>()
  const assign = (flag: string, key: string, text: string) => {
    // Values that YAML would read as something else (a path like `1e3`) are rare; numbers and lists are not.
    setAt(nested, key.split('.'), readValue(text))
    sources.set(key, `flag --${flag}`)
  }
  for (const [flag, key] of Object.entries(named)) {
    const text = parsed[flag]
    if (typeof text === 'string') assign(flag, key, text)
  }
  for (const entry of parsed.set ?? []) {
    const [, key = '', text = ''] = /^([a-z0-9_.]+)=(.*)$/s.exec(entry) ?? []
    if (key === '')
      throw new Fault('usage', `--set ${entry}: write --set KEY=VALUE, for example --set discovery.interval=10s`)
    assign('set', key, text)
  }
  const result = check(partialSchema, 'command line', nested, () => null)
  return {
    ...result,
    sources,
    config: parsed.config ?? null,
    help: parsed.help ?? false,
    version: parsed.version ?? false,
  }
}

function readValue(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return text // not YAML: then it is just text
  }
}

interface Parsed {
  readonly config?: string
  readonly set?: string[]
  readonly help?: boolean
  readonly version?: boolean
  readonly [flag: string]: string | string[] | boolean | undefined
}

function parse_(argv: readonly string[]): Parsed {
  const texts = Object.fromEntries([...Object.keys(named), 'config'].map((flag) => [flag, { type: 'string' as const }]))
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        ...texts,
        set: { type: 'string', multiple: true },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
      strict: true,
      allowPositionals: false,
    })
    return values
  } catch (error) {
    throw new Fault('usage', `${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  }
}
