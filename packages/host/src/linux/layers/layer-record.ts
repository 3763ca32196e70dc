import { mkdir, readdir, readFile, rename, rm, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { StepContext } from '../../host.ts'
import type { LinuxSystem } from '../linux-system.ts'

/**
 * What this installation did to the target, kept in the target itself.
 * INVARIANTS
 * - While layers are unpacked, marks lie in /.slipway/layers, where a layer that replaces /var cannot remove them.
 * - When the target is unmounted for the last time, they move into /var/lib/slipway/install.json and stay there: the
 *   installed system knows which image it came from, and a repeated step still finds its mark.
 */
const recordSchema = z.object({
  installation_id: z.string(),
  image: z.object({ reference: z.string(), digest: z.string() }),
  boot_environment: z.string(),
  layers: z.record(z.string(), z.string()),
  steps: z.record(z.string(), z.string()),
})

/** Contents of /var/lib/slipway/install.json. */
export type InstallRecord = z.infer<typeof recordSchema>

const recordPath = 'var/lib/slipway/install.json'
const markFolder = '.slipway/layers'

/** Reads the record; null when there is none or it belongs to another installation. */
export async function readRecord(system: LinuxSystem, context: StepContext): Promise<InstallRecord | null> {
  const text = await readFile(join(system.targetRoot, recordPath), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    const record = recordSchema.parse(JSON.parse(text))
    return record.installation_id === context.installationId ? record : null
  } catch {
    // A torn or foreign file is no record; the step is simply done again.
    return null
  }
}

/** Says in the target that a step is finished. */
export async function recordStep(
  system: LinuxSystem,
  step: { id: string; kind: string },
  context: StepContext,
): Promise<void> {
  const record = (await readRecord(system, context)) ?? emptyRecord(context)
  await writeRecord(system, { ...record, steps: { ...record.steps, [step.id]: step.kind } })
}

export async function isRecorded(system: LinuxSystem, step: { id: string }, context: StepContext): Promise<boolean> {
  return Object.hasOwn((await readRecord(system, context))?.steps ?? {}, step.id)
}

/** Takes a step's mark away. */
export async function forgetStep(system: LinuxSystem, step: { id: string }, context: StepContext): Promise<void> {
  const record = await readRecord(system, context)
  if (!record) return
  const { [step.id]: _, ...steps } = record.steps
  await writeRecord(system, { ...record, steps })
}

/** Marks a layer as whole on the target's own file system. */
export async function markLayer(
  system: LinuxSystem,
  index: number,
  context: StepContext,
  digest: string,
): Promise<void> {
  await writeDurably(join(system.targetRoot, markFolder, String(index)), `${context.installationId} ${digest}\n`)
}

export async function isLayerMarked(
  system: LinuxSystem,
  index: number,
  context: StepContext,
  digest: string,
): Promise<boolean> {
  const mark = await readFile(join(system.targetRoot, markFolder, String(index)), 'utf8').catch(() => null)
  if (mark === `${context.installationId} ${digest}\n`) return true
  return (await readRecord(system, context))?.layers[String(index)] === digest
}

/** Moves the layers' marks into the record. */
export async function sealLayers(system: LinuxSystem, context: StepContext): Promise<void> {
  const folder = join(system.targetRoot, markFolder)
  const names = await readdir(folder).catch(() => null)
  if (names === null) return
  const record = (await readRecord(system, context)) ?? emptyRecord(context)
  const layers = { ...record.layers }
  for (const name of names) {
    const [installation, digest] = (await readFile(join(folder, name), 'utf8')).trim().split(' ')
    if (installation === context.installationId && digest) layers[name] = digest
  }
  await writeRecord(system, { ...record, layers })
  await rm(dirname(folder), { recursive: true, force: true })
}

function emptyRecord(context: StepContext): InstallRecord {
  const { reference, digest } = context.plan.image
  return {
    installation_id: context.installationId,
    image: { reference, digest },
    boot_environment: context.plan.boot_environment,
    layers: {},
    steps: {},
  }
}

async function writeRecord(system: LinuxSystem, record: InstallRecord): Promise<void> {
  await writeDurably(join(system.targetRoot, recordPath), `${JSON.stringify(record, null, 2)}\n`)
}

/** Whole or not at all, also after a power cut: write beside, flush, rename, flush the directory. */
export async function writeDurably(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const directory = dirname(path)
  await mkdir(directory, { recursive: true })
  const beside = `${path}.new`
  await rm(beside, { force: true })
  const file = await open(beside, 'wx', mode)
  try {
    await file.chmod(mode) // whatever the umask is
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
