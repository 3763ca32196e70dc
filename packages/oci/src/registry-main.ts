// A read-only registry over an OCI layout, as a program: registry-main.ts --layout DIR [--port N] [--host ADDR] [--repository NAME]
import { parseArgs } from 'node:util'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { faultTable, toFault } from '@slipway/base'
import { serveLayout } from './layout/serve-layout.ts'
import { indexSchema, parseDocument } from './manifest.ts'

const refName = 'org.opencontainers.image.ref.name'

const { values } = parseArgs({
  options: {
    layout: { type: 'string', default: '.' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    repository: { type: 'string', default: 'slipway/demo' },
  },
})

try {
  const tags = await readTags(values.layout)
  const served = await serveLayout({
    layoutDir: values.layout,
    host: values.host,
    port: Number(values.port),
    repositories: { [values.repository]: Object.fromEntries(tags.map((tag) => [tag, tag])) },
  })
  console.log(`serving ${values.repository} (${tags.join(', ')}) at ${served.url}`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void served.close())
} catch (error) {
  const fault = toFault(error)
  console.error(`registry: ${fault.message} [${fault.code}]`)
  process.exitCode = faultTable[fault.code].exit
}

/** Every reference name of the layout's index is a tag. */
async function readTags(layout: string): Promise<string[]> {
  const index = parseDocument('index.json', await readFile(path.join(layout, 'index.json')), indexSchema)
  return index.manifests.flatMap((manifest) => manifest.annotations?.[refName] ?? [])
}
