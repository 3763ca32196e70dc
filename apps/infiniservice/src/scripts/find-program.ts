import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'

/** The search path of scripts, whatever environment the service was started with. */
export const unixPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The full path of a program, or null when no directory of `path` has it. */
export function findProgram(name: string, path: string, platform: NodeJS.Platform = process.platform): string | null {
  for (const directory of path.split(platform === 'win32' ? ';' : ':')) {
    const candidate = join(directory, name)
    if (directory !== '' && isExecutable(candidate)) return candidate
  }
  return null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
