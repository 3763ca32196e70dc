import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleProgram } from '../bundle.ts'
import { addLayer } from '../oci-layer.ts'
import { run } from '../run.ts'

const here = import.meta.dirname
const sysconfigEntry = join(here, '../../apps/sysconfig/src/main.ts')

/** What to put into the sample image beside Debian. */
export interface SampleImageOptions {
  /** Folder for the OCI layout; replaced when there. */
  readonly out: string
  /** Tag inside the layout; `latest` without it. */
  readonly tag?: string | undefined
  /** The live environment's kernel: ZFS modules fit one kernel only. */
  readonly kernel: 'cloud' | 'generic'
  /** Folders that become one more layer each, owned by root, laid over the root (tests put their units there). */
  readonly overlays?: readonly string[] | undefined
}

/** The image as written. */
export interface SampleImage {
  readonly layout: string
  readonly tag: string
  readonly kernelRelease: string
}

/**
 * Builds the sample image as an OCI layout: Debian with systemd, kernel with ZFS root support, Node and sysconfig.
 * All but the last small layers come from the cache; needs root on Debian when they are not there yet.
 */
export async function buildSampleImage(options: SampleImageOptions): Promise<SampleImage> {
  const flavour = options.kernel === 'generic' ? 'amd64' : 'cloud-amd64'
  const system = await run([join(here, 'system.sh'), flavour], { SLIPWAY_NODE: process.execPath })
  const layout = resolve(options.out)
  const tag = options.tag ?? 'latest'
  await rm(layout, { recursive: true, force: true })
  await cp(join(system, 'layout'), layout, { recursive: true })
  await run(['umoci', 'tag', '--image', `${layout}:system`, tag])
  await run(['umoci', 'rm', '--image', `${layout}:system`])
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-sample-'))
  try {
    await addLayer(layout, tag, await sysconfigFolder(scratch))
    for (const overlay of options.overlays ?? []) await addLayer(layout, tag, await ownedByRoot(overlay, scratch))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  await run(['umoci', 'gc', '--layout', layout])
  const kernelRelease = (await readFile(join(system, 'kernel-release'), 'utf8')).trim()
  return { layout, tag, kernelRelease }
}

async function sysconfigFolder(scratch: string): Promise<string> {
  const root = join(scratch, 'sysconfig')
  const folder = join(root, 'usr/lib/slipway')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'sysconfig.mjs'), await bundleProgram(sysconfigEntry), { mode: 0o644 })
  return root
}

/** A copy that belongs to us, root: in the checkout the files belong to whoever made it. */
async function ownedByRoot(folder: string, scratch: string): Promise<string> {
  const copy = await mkdtemp(join(scratch, 'overlay-'))
  await chmod(copy, 0o755)
  await cp(folder, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      tag: { type: 'string' },
      kernel: { type: 'string', default: 'cloud' },
      overlay: { type: 'string', multiple: true },
    },
  })
  const { kernel } = values
  if (!values.out || (kernel !== 'cloud' && kernel !== 'generic')) {
    console.error('usage: build.ts --out DIR [--tag TAG] [--kernel cloud|generic] [--overlay DIR]…')
    process.exit(2)
  }
  console.log(JSON.stringify(await buildSampleImage({ ...values, kernel, out: values.out, overlays: values.overlay })))
}
