import { readFileSync } from 'node:fs'
import { firstBootPath, usualDevice, usualStateDir, type AgentPaths } from './agent-paths.ts'
import { agentConfigSchema, settingMeaning, type AgentConfig, type AgentConfigFile } from './agent-config.ts'
import { readEnvValue } from './env-file.ts'
import { secretVariable } from './secret-file.ts'

/** agent.md: 16 MiB of each stream are spooled unless somebody says otherwise. */
const usualOutputCap = 16 * 1024 * 1024
const secretShape = /^[\x21-\x7e]{16,256}$/

/** One thing that is wrong with the configuration: where, and what to do. */
export interface ConfigProblem {
  readonly where: string
  readonly what: string
  readonly cure: string
}

export type LoadedConfig =
  | { readonly ok: true; readonly config: AgentConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

export interface LoadOptions {
  readonly paths: AgentPaths
  readonly env: NodeJS.ProcessEnv
  readonly platform: NodeJS.Platform
}

/**
 * Reads the settings file, the secret's file and the VM id, and reports everything that is wrong at once. The secret's file
 * wins over the environment, because the host may have replaced the secret since; for the id the environment wins.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const problems: ConfigProblem[] = []
  const file = readSettings(options.paths.config, problems)
  const vmId = readVmId(options, problems)
  const secret = readSecret(options, problems)
  const server = readServer(file, options.paths, problems)
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    config: {
      vmId,
      secret,
      device: file.device ?? usualDevice(options.platform),
      stateDir: file.state_dir ?? usualStateDir(options.platform, options.env),
      outputCapBytes: file.output_cap_bytes ?? usualOutputCap,
      metricsIntervalS: file.metrics_interval_s ?? null,
      logLevel: file.log_level ?? 'info',
      server,
      firstBootFile: file.first_boot_file ?? firstBootPath,
    },
  }
}

function readSettings(path: string, problems: ConfigProblem[]): AgentConfigFile {
  const text = readIfThere(path, problems)
  if (text === null) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    problems.push({ where: path, what: `it is not JSON: ${messageOf(error)}`, cure: 'correct it or remove the file' })
    return {}
  }
  const parsed = agentConfigSchema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) problems.push(problemOf(path, issue))
  return {}
}

function problemOf(path: string, issue: { path: readonly PropertyKey[]; code?: string }): ConfigProblem {
  const at = issue.path.map(String).join('.')
  const where = at === '' ? path : `${path}: ${at}`
  if (issue.code === 'unrecognized_keys' && 'keys' in issue)
    return {
      where,
      what: `it has the unknown name ${JSON.stringify(issue.keys)}`,
      cure: `known names are ${Object.keys(agentConfigSchema.shape).join(', ')}`,
    }
  const name = String(issue.path[0] ?? '')
  const meaning = Object.entries(settingMeaning).find(([known]) => known === name)?.[1] ?? 'an object of settings'
  return { where, what: `it has to be ${meaning}`, cure: 'correct it, or leave it out to have the default' }
}

/** Boards and hypervisors that have no UUID say one of these. */
const noUuids: ReadonlySet<string> = new Set([
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
])

/** Without a given id the SMBIOS UUID: what the server calls a machine that it installed, unless its board has a bad one. */
function readProductUuid(path: string | null): string | null {
  if (path === null) return null
  try {
    const uuid = readFileSync(path, 'utf8').trim().toLowerCase()
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) && !noUuids.has(uuid) ? uuid : null
  } catch {
    return null // no firmware tables, or not root: then an id has to be given
  }
}

function readVmId({ paths, env }: LoadOptions, problems: ConfigProblem[]): string {
  const text = paths.environment === null ? null : readIfThere(paths.environment, problems)
  const given = env['INFINIBAY_VM_ID'] ?? (text === null ? null : readEnvValue(text, 'INFINIBAY_VM_ID'))
  const id = given === null || given === '' ? readProductUuid(paths.productUuid) : given
  const where = paths.environment ?? 'the machine’s environment variables'
  if (id === null)
    problems.push({
      where,
      what: 'INFINIBAY_VM_ID is not set, and there is no SMBIOS UUID: the host could not tell this machine',
      cure: 'run the install script with the machine’s id, or set INFINIBAY_VM_ID there',
    })
  else if (id.length > 128)
    problems.push({ where, what: 'INFINIBAY_VM_ID is longer than 128 characters', cure: 'set the machine’s id' })
  return id ?? ''
}

function readSecret({ paths, env }: LoadOptions, problems: ConfigProblem[]): string | null {
  const text = readIfThere(paths.secret, problems)
  const fromFile = text === null ? null : readEnvValue(text, secretVariable)
  const secret = fromFile ?? env[secretVariable] ?? null
  if (secret === null || secret === '') return null
  if (!secretShape.test(secret))
    problems.push({
      where: paths.secret,
      what: 'INFINISERVICE_SHARED_SECRET is not 16 to 256 visible ASCII characters',
      cure: 'take the machine’s secret from the server again',
    })
  return secret
}

/** The machine port of instcomd when the address names none. */
const usualPort = 4443

function readServer(file: AgentConfigFile, paths: AgentPaths, problems: ConfigProblem[]): AgentConfig['server'] {
  if (!file.server) return null
  const url = URL.parse(file.server.url.replace(/^wss:/, 'https:'))
  if (!url) {
    problems.push({ where: `${paths.config}: server.url`, what: 'it is no address', cure: 'write wss://host:4443' })
    return null
  }
  const caPem = readIfThere(paths.ca, problems)
  if (caPem === null)
    problems.push({
      where: paths.ca,
      what: 'it is missing, and "server" is set: the agent could not tell its server from another',
      cure: 'put the server’s /ca.crt there',
    })
  const port = url.port === '' ? usualPort : Number(url.port)
  return { hostname: url.hostname.replace(/^\[|\]$/g, ''), port, caPem: caPem ?? '' }
}

function readIfThere(path: string, problems: ConfigProblem[]): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    problems.push({ where: path, what: `it cannot be read: ${messageOf(error)}`, cure: 'run the agent as root' })
    return null
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
