import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleProgram } from '../../../images/bundle.ts'

/** Bundles our pull into one file, as machined is bundled for the live environment; returns the file. */
export async function bundlePull(folder: string): Promise<string> {
  const file = join(folder, 'pull.mjs')
  writeFileSync(file, await bundleProgram(join(import.meta.dirname, 'pull.ts')))
  return file
}
