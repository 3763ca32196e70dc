import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  emulatedKernelArgument,
  machineIdFor,
  makeDisk,
  startDockerRegistry,
  startLabControlPlane,
  startLabNetwork,
  startVirtualMachine,
  labAddress,
  type BootMedium,
  type DockerRegistry,
  type LabControlPlane,
  type LabNetwork,
  type VirtualDisk,
  type VirtualMachine,
  type VirtualMachineOptions,
} from '@slipway/testing'
import { buildLiveImage } from '../../images/live/build.ts'
import { buildSampleImage } from '../../images/sample/build.ts'

const here = import.meta.dirname
const registryHost = `${labAddress}:5000`
const gibibyte = 1024 ** 3

/** Everything around the machines of a journey: network, registry with the sample image, control plane, live ISO. */
export interface Lab {
  readonly folder: string
  readonly network: LabNetwork
  readonly registry: DockerRegistry
  readonly controlPlane: LabControlPlane
  /** Builds a sample image with these overlays of this folder as last layers, and pushes it; returns its reference. */
  pushImage(tag: string, overlays: readonly string[]): Promise<PushedImage>
  /** A machine with blank disks of 4 GiB, with UEFI unless it shall have a BIOS; it is off. */
  addMachine(name: string, disks: number, firmware?: 'bios'): Promise<LabMachine>
  /** Lets the boot network hand out the live environment. It carries the token: only root reads it until somebody says so. */
  openBootNetwork(): Promise<void>
  /** What the machines that are on said last on their serial lines: where something hangs, the kernel says so there. */
  lastWords(): Promise<string>
  stop(): Promise<void>
}

export interface PushedImage {
  readonly reference: string
  readonly layout: string
  readonly tag: string
}

/** A machine that keeps disks and firmware variables while it is switched on and off. */
export interface LabMachine {
  readonly mac: string
  /** Its SMBIOS UUID. */
  readonly id: string
  readonly disks: readonly VirtualDisk[]
  /** Switches it on, with the live medium or without, with all its disks or some. */
  start(options: StartOptions): Promise<VirtualMachine>
}

export interface StartOptions {
  /** Whether it starts from the live medium; `true`: from the ISO in the drive. */
  readonly live: boolean | 'usb' | 'network'
  readonly disks?: readonly VirtualDisk[]
  readonly kernel?: VirtualMachineOptions['kernel']
}

export interface LabOptions {
  readonly name: string
  /** False: no live medium is made, for machines that are not installed here. */
  readonly live?: boolean
  /** Of the live environment; the small one of virtual machines unless given. */
  readonly kernel?: 'cloud' | 'generic'
  /** More kernel arguments for the live environment. */
  readonly append?: string
  /** Runs instead of machined's main.ts in the live environment. */
  readonly program?: string
  /** More of instcomd's configuration, as `key=value`. */
  readonly settings?: readonly string[]
  /** Where the agent's artifacts are (INFINIBAY_BASE_DIR); the live medium then carries the agent for new systems. */
  readonly artifacts?: string
}

/** Builds and starts a lab; whatever was started is stopped by `stop`, also when something fails on the way. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), `slipway-vm-${options.name}-`))
  const stops: (() => Promise<void>)[] = []
  const running = new Set<VirtualMachine>()
  const stop = async () => {
    for (const machine of running) await machine.kill()
    for (const one of stops.toReversed()) await one()
    if (process.env['SLIPWAY_KEEP'] === undefined) await rm(folder, { recursive: true, force: true })
    else console.log(`kept ${folder}`)
  }
  try {
    const network = await startLabNetwork(folder)
    stops.push(() => network.stop())
    const { inside } = network
    const registry = await startDockerRegistry({ folder, host: registryHost, inside })
    stops.push(() => registry.stop())
    const sockets = join(folder, 'sockets')
    await mkdir(sockets)
    const settings = [`guests.socket_dir=${sockets}`, ...(options.settings ?? [])]
    const environment = options.artifacts ? { INFINIBAY_BASE_DIR: options.artifacts } : {}
    const insecureRegistries = [registryHost]
    const controlPlane = await startLabControlPlane({ network, folder, insecureRegistries, settings, environment })
    stops.push(() => controlPlane.stop())
    const iso = options.live === false ? null : await buildIso({ folder, network, controlPlane }, options)
    return {
      folder,
      network,
      registry,
      controlPlane,
      pushImage: (tag, overlays) => pushImage({ folder, registry, tag, overlays }),
      addMachine: (name, disks, firmware) =>
        addMachine({ folder, sockets, network, iso, running, name, disks, firmware }),
      openBootNetwork: () => chmod(join(network.bootFolder, 'initramfs.zst'), 0o644),
      lastWords: () => readLastWords(running),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function readLastWords(machines: Iterable<VirtualMachine>): Promise<string> {
  const texts = [...machines].map(async ({ serial }) => `${serial.file}:\n${(await serial.read()).slice(-8000)}`)
  return (await Promise.all(texts)).join('\n')
}

/** The product's own way: an enrolment token, and a live medium that carries it. Found by discovery: no instcomd=. */
async function buildIso(
  { folder, network, controlPlane }: Pick<Lab, 'folder' | 'network' | 'controlPlane'>,
  options: LabOptions,
): Promise<string> {
  const body = { ttl_seconds: 86_400, max_machines: 10 }
  const { token, ca_pem } = await controlPlane.client.call('createEnrolmentToken', { body })
  const enrolment = join(folder, 'enrolment.json')
  await writeFile(enrolment, JSON.stringify({ token, ca_pem, instcomd: [] }), { mode: 0o600 })
  const { append, program, artifacts } = options
  const live = await buildLiveImage({
    out: network.bootFolder,
    kernel: options.kernel ?? 'cloud',
    enrolment,
    append: [emulatedKernelArgument, append ?? ''].join(' '),
    ...(program ? { program } : {}),
    ...(artifacts ? { agentBase: artifacts } : { agent: false }),
  })
  return live.iso
}

async function pushImage(input: {
  folder: string
  registry: DockerRegistry
  tag: string
  overlays: readonly string[]
}): Promise<PushedImage> {
  const { folder, registry, tag } = input
  const overlays = input.overlays.map((name) => join(here, name))
  const image = await buildSampleImage({ out: join(folder, `image-${tag}`), kernel: 'cloud', tag, overlays })
  return { reference: await registry.push(image.layout, tag, 'sample'), layout: image.layout, tag }
}

async function addMachine(input: {
  folder: string
  sockets: string
  network: LabNetwork
  iso: string | null
  running: Set<VirtualMachine>
  name: string
  disks: number
  firmware: 'bios' | undefined
}): Promise<LabMachine> {
  const { folder, sockets, network, iso, name, running } = input
  const home = join(folder, name)
  await mkdir(home)
  const tap = network.addTap(`tap-${name}`.slice(0, 15))
  const mac = macFor(name)
  const disks: VirtualDisk[] = []
  for (let number = 1; number <= input.disks; number++) {
    disks.push(await makeDisk(join(home, `disk${number}.raw`), 4 * gibibyte, `${name.toUpperCase()}000${number}`))
  }
  const id = machineIdFor(mac)
  const agentSocket = join(sockets, `${id}.socket`)
  const firmware = input.firmware ? { firmware: input.firmware } : {}
  const common = { name, folder: home, mac, tap, inside: network.inside, agentSocket, ...firmware }
  return {
    mac,
    id,
    disks,
    start: async (options) => {
      const medium = options.live === false || iso === null ? {} : { medium: mediumOf(options.live, iso) }
      const kernel = options.kernel ? { kernel: options.kernel } : {}
      const machine = await startVirtualMachine({ ...common, ...medium, ...kernel, disks: options.disks ?? disks })
      running.add(machine)
      return { ...machine, kill: () => machine.kill().finally(() => running.delete(machine)) }
    },
  }
}

function mediumOf(live: true | 'usb' | 'network', iso: string): BootMedium {
  if (live === 'network') return { network: true }
  return live === 'usb' ? { usb: iso } : { cd: iso }
}

/** Locally administered (bit 1 of the first byte), the same at each run. */
function macFor(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex')
  return `52:54:00:${digest.slice(0, 2)}:${digest.slice(2, 4)}:${digest.slice(4, 6)}`
}
