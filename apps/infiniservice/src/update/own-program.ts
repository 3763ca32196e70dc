import { basename } from 'node:path'

/** The file that is this agent; null when a runtime runs its source, which an update must not replace. */
export function ownProgram(execPath: string = process.execPath): string | null {
  const name = basename(execPath.replaceAll('\\', '/')).toLowerCase()
  return name.startsWith('infiniservice') ? execPath : null
}
