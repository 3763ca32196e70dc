import { mkdirSync, rmSync } from 'node:fs'

/** Makes an empty directory; what an earlier agent left there half done is removed, never written into. */
export function makeFreshDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path, { mode })
  }
}
