// What machined does for its pull-layer steps, as a program: pull.ts REFERENCE DIRECTORY
import { readFile } from 'node:fs/promises'
import { silentLogger } from '../../../packages/base/src/index.ts'
import { applyLayer, makeRegistryClient, parseReference } from '../../../packages/oci/src/index.ts'
import { makeLinuxHost, type StepContext } from '../../../packages/host/src/index.ts'

const [reference = '', targetRoot = ''] = process.argv.slice(2)
const signal = AbortSignal.timeout(600_000)
const client = makeRegistryClient()
const ref = parseReference(reference)
const image = await client.resolve(
  ref,
  { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' },
  signal,
)
// The target looks at nothing of a step's context but its signal.
const target = makeLinuxHost({ logger: silentLogger, targetRoot }).layers.target({ signal } as StepContext)
for (const layer of image.layers) await applyLayer({ client, ref, layer, target, signal, allowDevices: true })
client.close()
const status = await readFile('/proc/self/status', 'utf8')
console.log(`${/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? '?'} KiB at the most in this process`)
