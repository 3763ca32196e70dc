import { Fault } from '@slipway/base'
import { machineConfigPath } from '@slipway/host'
import { maxConfigBytes, parseConfig } from '@slipway/machine-config'
import type { MachineConfig } from '@slipway/protocol'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandLine } from './command-line.ts'

/** Where the config is read from. */
export function configPath(commandLine: Pick<CommandLine, 'root' | 'config'>): string {
  return commandLine.config ?? join(commandLine.root, machineConfigPath)
}

/** Reads and checks the machine config; throws `not-found`, `too-large`, or `config-invalid` with every finding. */
export async function readConfig(path: string): Promise<MachineConfig> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) {
    throw new Fault('not-found', `there is no machine config at ${path}; name one with --config`)
  }
  if (found.size > maxConfigBytes) throw new Fault('too-large', `${path} is larger than ${maxConfigBytes} bytes`)
  // Images without a registry part need a default; sysconfig pulls nothing, so any legal one does.
  const parsed = parseConfig(await readFile(path, 'utf8'), { defaultRegistry: 'localhost' })
  if (parsed.ok) return parsed.value
  const lines = parsed.error.map(
    ({ line, column, code, message, cure }) => `${path}:${line}:${column}: ${code}: ${message}; ${cure}`,
  )
  throw new Fault('config-invalid', lines.join('\n'), { details: { findings: parsed.error } })
}
