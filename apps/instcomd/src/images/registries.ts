import { readFile } from 'node:fs/promises'
import { Fault } from '@slipway/base'
import type { RegistryAccess } from '@slipway/protocol'
import type { Configuration } from '../configuration/configuration.ts'

/** Reads how each registry of the configuration is reached; passwords come from their files, each time they are needed. */
export async function readRegistries(registries: Configuration['registries']): Promise<Record<string, RegistryAccess>> {
  const entries = Object.entries(registries).map(async ([host, entry]): Promise<[string, RegistryAccess]> => {
    const password = entry.password_file === null ? null : await readPassword(host, entry.password_file)
    const access: RegistryAccess = { mirrors: [...entry.mirrors], insecure: entry.insecure }
    return [
      host,
      {
        ...access,
        ...(entry.username !== null && { username: entry.username }),
        ...(password !== null && { password }),
      },
    ]
  })
  return Object.fromEntries(await Promise.all(entries))
}

async function readPassword(host: string, file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (cause) {
    throw new Fault(
      'configuration-invalid',
      `the password file ${file} of registry ${host} cannot be read; check registries.${host}.password_file`,
      { cause },
    )
  }
}
