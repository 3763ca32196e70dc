import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** Entry points of the programs that the command line starts as child processes: an app never imports an app. */
export const programFiles = {
  server: join(root, 'apps/instcomd/src/main.ts'),
  simulate: join(root, 'apps/machined/src/simulate-main.ts'),
  'simulate-guests': join(root, 'apps/infiniservice/src/simulate-main.ts'),
  'live-image': join(root, 'images/live/build.ts'),
  'demo-registry': join(root, 'packages/oci/src/registry-main.ts'),
  'demo-image': join(root, 'images/demo/build.ts'),
  'demo-vm': join(root, 'e2e/vm/demo.ts'),
} as const

export type ProgramName = keyof typeof programFiles
