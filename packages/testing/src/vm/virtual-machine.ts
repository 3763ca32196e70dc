import { existsSync, writeFileSync } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { lastWords, startInBackground, type BackgroundProcess } from './background-process.ts'
import { Qmp } from './qmp.ts'
import { SerialLog } from './serial-log.ts'

const uefiFirmware = '/usr/share/OVMF/OVMF_CODE_4M.fd'
const firmwareVariables = '/usr/share/OVMF/OVMF_VARS_4M.fd'

/**
 * All that is emulated but what emulation is slow at: `rep movsb` copies byte by byte (half of all copying), and page
 * tables of five levels. One of them: with two, the emulated processors wait for each other at every context switch, so
 * that two machines on two cores took 49 s for what takes them 31 s with one each.
 */
const processor = 'max,-erms,-fsrm,-la57'

/**
 * Kernel argument for whatever runs under this emulation: translated code is found again by its virtual address, so with
 * random addresses every program that starts is translated anew (32 ms instead of 7 ms for a small one).
 */
export const emulatedKernelArgument = 'norandmaps'

/** A disk of a machine: a sparse raw file, seen in the guest with this serial number. */
export interface VirtualDisk {
  readonly file: string
  readonly serial: string
}

/** What a machine is started from: an ISO in the drive, the same bytes on a USB stick, or what DHCP names (iPXE). */
export type BootMedium = { readonly cd: string } | { readonly usb: string } | { readonly network: true }

export interface VirtualMachineOptions {
  readonly name: string
  /** Holds firmware variables, serial log, monitor socket; the variables outlive a restart as in a real machine. */
  readonly folder: string
  readonly disks: readonly VirtualDisk[]
  /** What it has instead of UEFI: SeaBIOS, QEMU's own. */
  readonly firmware?: 'bios'
  /** First in the boot order. */
  readonly medium?: BootMedium
  readonly mac: string
  /** A tap device, and how to run in the network namespace that has it. */
  readonly tap: string
  readonly inside: (argv: readonly string[]) => [string, ...string[]]
  /** Where QEMU listens for the host's end of the agent's virtio-serial port (agent.md, "Links"). */
  readonly agentSocket?: string
  /** Starts this kernel at once, without firmware: for guests that are not installed by Slipway. The first disk is an NVMe one. */
  readonly kernel?: { readonly file: string; readonly append: string }
}

/** A running QEMU. */
export interface VirtualMachine {
  readonly serial: SerialLog
  readonly qmp: Qmp
  readonly process: BackgroundProcess
  /** Takes the CD out, as an operator would; the live environment runs from memory. */
  ejectCd(): Promise<void>
  /** Resolves when the machine restarts by itself the next time; rejects when the signal aborts first. */
  nextReset(signal: AbortSignal): Promise<void>
  /** The reset button: QEMU and its sockets stay. */
  reset(): Promise<void>
  /** Ends QEMU at once; the host's page cache survives, so this is less than a power cut. */
  kill(): Promise<void>
}

/** Makes a sparse disk file of this size. */
export async function makeDisk(file: string, bytes: number, serial: string): Promise<VirtualDisk> {
  const handle = await open(file, 'w')
  await handle.truncate(bytes)
  await handle.close()
  return { file, serial }
}

/**
 * Starts a machine under software emulation (KVM is not assumed), with virtio disks and a virtio NIC.
 * Same folder and name: the same machine again, with its firmware variables.
 */
export async function startVirtualMachine(options: VirtualMachineOptions): Promise<VirtualMachine> {
  const file = (suffix: string) => join(options.folder, `${options.name}.${suffix}`)
  const variables = file('vars')
  if (hasUefi(options) && !existsSync(variables)) await copyFile(firmwareVariables, variables)
  // Empty first: text of an earlier start must not be taken for this one's.
  writeFileSync(file('serial'), '')
  const command = [...qemuCommand(options, variables), '-serial', `file:${file('serial')}`]
  const argv = options.inside([...command, '-qmp', `unix:${file('qmp')},server=on,wait=off`])
  const process = await startInBackground(`QEMU ${options.name}`, argv, { log: file('qemu.log') })
  const qmp = await connect(process, file('qmp'))
  return {
    serial: new SerialLog(file('serial')),
    qmp,
    process,
    ejectCd: async () => void (await qmp.call('eject', { device: 'cd', force: true })),
    nextReset: (signal) => nextReset(qmp, signal),
    reset: async () => void (await qmp.call('system_reset')),
    kill: async () => {
      qmp.close()
      await process.kill()
    },
  }
}

function qemuCommand(options: VirtualMachineOptions, variables: string): string[] {
  return [
    ['qemu-system-x86_64', '-name', options.name, '-machine', 'q35', '-accel', 'tcg', '-cpu', processor],
    ['-smp', '1', '-m', '2048'],
    ['-nodefaults', '-display', 'none', '-uuid', machineIdFor(options.mac)],
    hasUefi(options) ? uefiBoot(variables) : [],
    options.kernel ? directBoot(options.kernel) : [],
    ['-device', 'virtio-rng-pci'],
    ['-netdev', `tap,id=net,ifname=${options.tap},script=no,downscript=no`],
    nic(options),
    options.agentSocket ? agentPort(options.agentSocket) : [],
    options.medium ? mediumDrive(options.medium) : [],
    options.disks.flatMap((disk, index) => (options.kernel ? nvmeDrive(disk, index) : diskDrive(disk, index))),
  ].flat()
}

function hasUefi(options: VirtualMachineOptions): boolean {
  return !options.kernel && options.firmware !== 'bios'
}

function uefiBoot(variables: string): string[] {
  const pflash = (unit: number, path: string, more: string) => `if=pflash,format=raw,unit=${unit},file=${path}${more}`
  return ['-drive', pflash(0, uefiFirmware, ',readonly=on'), '-drive', pflash(1, variables, '')]
}

function directBoot(kernel: { file: string; append: string }): string[] {
  return ['-kernel', kernel.file, '-append', kernel.append]
}

function agentPort(socket: string): string[] {
  const chardev = `socket,id=agent,path=${socket},server=on,wait=off`
  const port = 'virtserialport,chardev=agent,name=org.infinibay.agent'
  return ['-device', 'virtio-serial-pci', '-chardev', chardev, '-device', port]
}

/** Without a boot ROM unless it boots from the network: then with iPXE, which QEMU brings (Debian: ipxe-qemu). */
function nic({ mac, medium }: VirtualMachineOptions): string[] {
  const rom = medium && 'network' in medium ? 'bootindex=0' : 'romfile='
  return ['-device', `virtio-net-pci,netdev=net,mac=${mac},${rom}`]
}

function mediumDrive(medium: BootMedium): string[] {
  if ('network' in medium) return []
  if ('cd' in medium)
    return ['-device', 'virtio-scsi-pci', ...readOnlyDrive('cd', medium.cd), '-device', 'scsi-cd,drive=cd,bootindex=0']
  const stick = 'usb-storage,drive=stick,removable=on,bootindex=0'
  return ['-device', 'qemu-xhci', ...readOnlyDrive('stick', medium.usb), '-device', stick]
}

function readOnlyDrive(id: string, file: string): string[] {
  return ['-drive', `if=none,id=${id},format=raw,readonly=on,file=${file}`]
}

function diskDrive(disk: VirtualDisk, index: number): string[] {
  const id = `disk${index}`
  const drive = `if=none,id=${id},format=raw,cache=writeback,discard=unmap,file=${disk.file}`
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=${id},serial=${disk.serial},bootindex=${index + 1}`]
}

/** Debian's cloud kernel has NVMe and ext4 built in, virtio as modules: so it needs no initial ramdisk. */
function nvmeDrive(disk: VirtualDisk, index: number): string[] {
  const id = `disk${index}`
  const drive = `if=none,id=${id},format=raw,cache=writeback,discard=unmap,file=${disk.file}`
  return ['-drive', drive, '-device', `nvme,drive=${id},serial=${disk.serial}`]
}

/** A UUID of its own per machine, the same at each start: it is the machine's identity. */
export function machineIdFor(mac: string): string {
  return `51117a11-0000-4000-8000-${mac.replaceAll(':', '')}`
}

async function connect(process: BackgroundProcess, path: string): Promise<Qmp> {
  // QEMU opens its monitor within a second; thirty for a busy computer.
  for (const end = Date.now() + 30_000; Date.now() < end; await delay(50)) {
    if (!process.isRunning()) throw new Error(`QEMU ended at once:\n${lastWords(process)}`)
    const qmp = await Qmp.open(path).catch(() => null)
    if (qmp) return qmp
  }
  await process.kill()
  throw new Error(`QEMU opened no monitor:\n${lastWords(process)}`)
}

async function nextReset(qmp: Qmp, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stop = qmp.onEvent((event) => event.name === 'RESET' && resolve())
  signal.addEventListener('abort', () => reject(new Error('the machine did not restart in time')), { once: true })
  await promise.finally(stop)
}
