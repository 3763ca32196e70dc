import { build } from 'esbuild'

/**
 * Bundles one of our programs into a single ES module that Node 24 runs without node_modules.
 * `entry` is the program's main.ts; resolves to the text of the bundle. Fails with esbuild's own messages.
 */
export async function bundleProgram(entry: string): Promise<Uint8Array> {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'silent',
    // CommonJS dependencies call require for Node's own modules; ES modules have none until it is made.
    banner: {
      js: "import { createRequire as __makeRequire } from 'node:module'; const require = __makeRequire(import.meta.url);",
    },
  })
  const [file] = result.outputFiles
  if (!file) throw new Error(`esbuild wrote nothing for ${entry}`)
  return file.contents
}
