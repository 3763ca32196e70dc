import { build } from 'esbuild'
import { join } from 'node:path'

/** Bundles our pull into one file, as machined is bundled for the live environment; returns the file. */
export async function bundlePull(folder: string): Promise<string> {
  const outfile = join(folder, 'pull.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'pull.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'error',
    nodePaths: [join(import.meta.dirname, '../../../apps/machined/node_modules')],
  })
  return outfile
}
