import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleProgram } from '../bundle.ts'
import { run } from '../run.ts'
import { agentFiles } from './agent-files.ts'
import { padding, writeCpio } from './cpio.ts'
import { writeIso } from './iso.ts'

const here = import.meta.dirname
const machinedEntry = join(here, '../../apps/machined/src/main.ts')
// Both: the last one is where init speaks, and a machine without that serial port ignores it.
const defaultConsoles = 'console=tty0 console=ttyS0,115200'

/** How to make one server's live medium. */
export interface LiveImageOptions {
  /** Folder for the results; made when missing. */
  readonly out: string
  /** instcomd's machine listener (`https://host:4443`); machined then registers itself there. */
  readonly url?: string | undefined
  /** enrolment.json with the CA and the enrolment token (security.md, "First contact"). */
  readonly enrolment?: string | undefined
  /** More kernel arguments, such as `slipway.ip=10.0.0.5/24`; a `console=` here replaces the usual two. */
  readonly append?: string | undefined
  /** `generic` has drivers and firmware for real hardware; `cloud` (smaller) those of virtual machines only. */
  readonly kernel: 'cloud' | 'generic'
  /** The program to run instead of machined's main.ts (for trials of the environment itself). */
  readonly program?: string | undefined
  /** The folder that holds `infiniservice/` with the agent for new systems; default: where instcomd serves agents from. */
  readonly agentBase?: string | undefined
  /** False: no agent on the medium (it is 46 MB). */
  readonly agent?: boolean | undefined
}

/** The files of a live medium, and the kernel arguments that they boot with. */
export interface LiveImage {
  readonly kernel: string
  readonly initramfs: string
  readonly iso: string
  readonly ipxe: string
  readonly command: string
  readonly kernelRelease: string
}

/**
 * Builds kernel, initramfs, ISO (CD and USB, UEFI and BIOS) and iPXE script with their SHA256SUMS into `out`.
 * The large part comes from the cache; needs root on Debian when it is not there yet. Files that hold the enrolment
 * token are made 0600.
 */
export async function buildLiveImage(options: LiveImageOptions): Promise<LiveImage> {
  const flavour = options.kernel === 'generic' ? 'amd64' : 'cloud-amd64'
  const base = await run([join(here, 'base.sh'), flavour], { SLIPWAY_NODE: process.execPath })
  const out = resolve(options.out)
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-live-'))
  try {
    await mkdir(out, { recursive: true })
    const image = { ...paths(out), command: kernelCommand(options), kernelRelease: await release(base) }
    await copyFile(join(base, 'vmlinuz'), image.kernel)
    await replace(image.initramfs, await initramfs(base, options), 0o600)
    await replace(image.ipxe, ipxeScript(image.command), 0o644)
    const iso = join(scratch, 'slipway.iso')
    const loader = join(base, 'systemd-bootx64.efi')
    const bios = { cd: join(base, 'bios.img'), usb: join(base, 'bios-usb.img') }
    await writeIso({ ...image, loader, bios, scratch, out: iso })
    await replace(image.iso, await readFile(iso), 0o600)
    await writeSums(out)
    return image
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function paths(out: string) {
  return {
    kernel: join(out, 'vmlinuz'),
    initramfs: join(out, 'initramfs.zst'),
    iso: join(out, 'slipway.iso'),
    ipxe: join(out, 'boot.ipxe'),
  }
}

async function release(base: string): Promise<string> {
  return (await readFile(join(base, 'kernel-release'), 'utf8')).trim()
}

function kernelCommand(options: LiveImageOptions): string {
  const append = options.append?.trim() ?? ''
  const consoles = /(^|\s)console=/.test(append) ? '' : defaultConsoles
  const url = options.url ? `instcomd=${options.url}` : ''
  // A panic in the live environment must not leave a machine that nobody stands at hanging: restart after 10 s.
  return [consoles, 'panic=10', url, append].filter((part) => part !== '').join(' ')
}

/** The cached archive, and after it a small one of our own files: the kernel unpacks both in turn. */
async function initramfs(base: string, options: LiveImageOptions): Promise<Uint8Array> {
  const big = await readFile(join(base, 'base.cpio.zst'))
  const files = [
    { path: 'init', mode: 0o755, content: await readFile(join(here, 'init')) },
    { path: 'usr/lib/slipway/dhcp-event', mode: 0o755, content: await readFile(join(here, 'dhcp-event')) },
    {
      path: 'usr/lib/slipway/machined.mjs',
      mode: 0o644,
      content: await bundleProgram(options.program ?? machinedEntry),
    },
    ...(options.agent === false ? [] : await agentFiles(options.agentBase)),
  ]
  if (options.enrolment) {
    files.push({ path: 'etc/slipway/enrolment.json', mode: 0o600, content: await readFile(options.enrolment) })
  }
  return Buffer.concat([big, padding(big.length), writeCpio(files)])
}

function ipxeScript(command: string): string {
  // initrd= names the file for EFI kernels; BIOS ones ignore it.
  return `#!ipxe\nkernel vmlinuz initrd=initramfs.zst ${command}\ninitrd initramfs.zst\nboot\n`
}

async function writeSums(out: string): Promise<void> {
  const lines = []
  for (const name of ['vmlinuz', 'initramfs.zst', 'slipway.iso', 'boot.ipxe']) {
    const digest = createHash('sha256')
      .update(await readFile(join(out, name)))
      .digest('hex')
    lines.push(`${digest}  ${name}\n`)
  }
  await replace(join(out, 'SHA256SUMS'), lines.join(''), 0o644)
}

/** Puts a file in place by rename, so that a machine that boots meanwhile reads the old or the new one whole. */
async function replace(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await writeFile(`${path}.new`, content, { mode })
  await rename(`${path}.new`, path)
}

const usage = `usage: slipway live-image build --out DIR [--url https://HOST:4443] [--enrolment FILE] [--append ARGUMENTS] [--kernel generic|cloud]
       [--agent-base DIR] [--no-agent]

  --out DIR          where vmlinuz, initramfs.zst, slipway.iso, boot.ipxe and SHA256SUMS go
  --url URL          instcomd's machine port; machines register themselves there (without: they wait to be discovered)
  --enrolment FILE   enrolment.json from POST /api/enrollments: CA and token; machines then enrol without a code
  --append ARGS      more kernel arguments, such as slipway.ip=10.0.0.5/24,10.0.0.1
  --agent-base DIR   take the agent for new systems from DIR/infiniservice (default: where the server serves it from)
  --no-agent         no agent on the medium; new systems get one only from their image
  --kernel KIND      generic (real hardware; the default) or cloud (virtual machines, smaller)`

if (import.meta.main) {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      out: { type: 'string' },
      url: { type: 'string' },
      enrolment: { type: 'string' },
      append: { type: 'string' },
      kernel: { type: 'string', default: 'generic' },
      program: { type: 'string' },
      'agent-base': { type: 'string' },
      agent: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  })
  const { kernel, out, help } = values
  if (help) console.log(usage)
  else if (!out || (kernel !== 'cloud' && kernel !== 'generic')) {
    console.error(usage)
    process.exit(2)
  } else {
    const image = await buildLiveImage({ ...values, kernel, out, agentBase: values['agent-base'] })
    console.error(`\nkernel ${image.kernelRelease}; files are in ${resolve(out)}`)
    console.log(JSON.stringify(image))
  }
}
