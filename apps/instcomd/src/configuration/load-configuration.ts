import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { Fault } from '@slipway/base'
import type { Configuration } from './configuration.ts'
import type { PartialConfiguration } from './configuration-schema.ts'
import { defaultConfiguration, defaultSocketDir } from './default-configuration.ts'
import { isPlain } from './listener-scheme.ts'
import { readEnvironment } from './read-environment.ts'
import { readFileText, type Finding, type ReadResult } from './read-file.ts'
import type { Flags } from './read-flags.ts'

/** Where each value comes from: dotted key → `default`, a file's name, `environment PORT`, `flag --port`. */
export type Sources = ReadonlyMap<string, string>

export interface LoadedConfiguration {
  readonly configuration: Configuration
  readonly sources: Sources
  /** The files that were read; for the first lines of the log. */
  readonly files: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

interface Layer {
  readonly values: PartialConfiguration
  source(key: string): string
}

const yamlNames = ['slipway.yaml', 'slipway.yml', 'installer-ui.yaml', 'installer-ui.yml']
const tomlNames = ['slipway.toml']

/** Joins defaults, files, environment and flags, later ones winning. Throws `configuration-invalid` with every error. */
export function loadConfiguration(options: { flags: Flags; env: Environment; cwd: string }): LoadedConfiguration {
  const { flags, env, cwd } = options
  const files = findFiles(flags.config ?? env.SLIPWAY_CONFIG ?? null, cwd)
  const read = files.map((file) => ({ file, ...readFileText(file, readText(file)) }))
  const environment = readEnvironment(env)
  refuse([...read, environment, flags])
  const layers: Layer[] = [
    ...read.map(({ file, values }) => ({ values, source: () => file })),
    { values: environment.values, source: (key) => environment.sources.get(key) ?? 'environment' },
    { values: flags.values, source: (key) => flags.sources.get(key) ?? 'command line' },
  ]
  const merged = merge(defaultConfiguration(env), layers)
  return { ...finish(merged, env, cwd), files }
}

function findFiles(named: string | null, cwd: string): string[] {
  if (named !== null) return [resolve(cwd, named)]
  const folders = [cwd, '/etc/slipway']
  const first = (names: readonly string[]) =>
    folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path))
  return [first(tomlNames), first(yamlNames)].filter((path) => path !== undefined)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new Fault('configuration-invalid', `the configuration file ${file} cannot be read: ${words}`, { cause })
  }
}

function refuse(results: readonly ReadResult[]): void {
  const findings = results.flatMap((result) => result.findings)
  if (findings.length === 0) return
  throw new Fault(
    'configuration-invalid',
    `the configuration has ${findings.length === 1 ? 'an error' : `${findings.length} errors`}:\n${findings.map(printFinding).join('\n')}`,
    {
      details: { findings },
    },
  )
}

function printFinding(finding: Finding): string {
  const place = finding.line === null ? '' : `:${finding.line}:${finding.column}`
  return `  ${finding.source}${place}: ${finding.key === '' ? '' : `${finding.key}: `}${finding.message}`
}

function merge(
  base: Configuration,
  layers: readonly Layer[],
): { configuration: Configuration; sources: Map<string, string> } {
  const sources = new Map<string, string>()
  const result: Record<string, unknown> = { ...base }
  for (const layer of layers) {
    for (const [section, value] of Object.entries(layer.values)) {
      if (section === 'registries' || !isSection(value)) {
        result[section] = section === 'registries' ? { ...base.registries, ...completeRegistries(layer.values) } : value
        sources.set(section, layer.source(section))
        continue
      }
      for (const key of Object.keys(value)) sources.set(`${section}.${key}`, layer.source(`${section}.${key}`))
      result[section] = { ...(result[section] as object), ...value } // every section of the defaults is an object
    }
  }
  // The schema and the type name the same keys; a test loads a file with every key.
  return { configuration: result as unknown as Configuration, sources }
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function completeRegistries(values: PartialConfiguration): Configuration['registries'] {
  const empty = { mirrors: [], username: null, password_file: null, insecure: false }
  return Object.fromEntries(
    Object.entries(values.registries ?? {}).map(([name, registry]) => [name, { ...empty, ...registry }]),
  )
}

/** What follows from other values: absolute paths, the socket folder, the URL of APP_HOST, the debug switch. */
function finish(
  merged: { configuration: Configuration; sources: Map<string, string> },
  env: Environment,
  cwd: string,
): { configuration: Configuration; sources: Sources } {
  const { configuration: given, sources } = merged
  if ((given.tls.cert_file === null) !== (given.tls.key_file === null))
    throw new Fault('configuration-invalid', 'tls.cert_file and tls.key_file go together: give both or none')
  const dataDir = isAbsolute(given.server.data_dir) ? given.server.data_dir : resolve(cwd, given.server.data_dir)
  let { socket_dir } = given.guests
  if (socket_dir === '') {
    const chosen = defaultSocketDir(env, dataDir)
    socket_dir = chosen.path
    sources.set('guests.socket_dir', chosen.source)
  }
  let { public_url } = given.server
  if (env.APP_HOST && public_url === null) {
    public_url = advertisedUrl(env.APP_HOST, given)
    sources.set('server.public_url', 'environment APP_HOST')
  }
  let { log_level } = given.installation
  if (env.SLIPWAY_LOG === 'debug') {
    log_level = 'debug'
    sources.set('installation.log_level', 'environment SLIPWAY_LOG')
  }
  const configuration: Configuration = {
    ...given,
    server: { ...given.server, data_dir: dataDir, public_url },
    guests: { ...given.guests, socket_dir },
    installation: { ...given.installation, log_level },
  }
  return { configuration, sources }
}

function advertisedUrl(host: string, configuration: Configuration): string {
  const scheme = isPlain(configuration) ? 'http' : 'https'
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return `${scheme}://${name}:${configuration.server.port}`
}
