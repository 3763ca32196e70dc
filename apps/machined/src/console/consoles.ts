import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'

/** What a person in front of the machine needs to know. */
export interface ConsoleStatus {
  readonly machineId: string
  readonly hostname: string
  /** `address:port` of each interface. */
  readonly endpoints: readonly string[]
  readonly status: string
  /** To be typed by the operator when claiming; null when the machine is enrolled or carries a token. */
  readonly code: string | null
}

/** Prints the status for a console of 80 columns; the code stands alone so that it can be read from afar. */
export function printStatus(status: ConsoleStatus): string {
  const lines = [
    '',
    `  Slipway live environment on ${status.hostname}`,
    `  machine   ${status.machineId}`,
    `  listening ${status.endpoints.join(', ') || '(no address yet)'}`,
    `  status    ${status.status}`,
  ]
  if (status.code !== null)
    lines.push('', `  Enrolment code:  ${status.code}`, '  Type it when you claim this machine.')
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Tells whether this is the live environment, whose root is the initramfs itself (kernel: ramfs-rootfs-initramfs.rst). */
export function isLiveEnvironment(): boolean {
  return existsSync('/proc/mounts') && /^\S+ \/ rootfs /m.test(readFileSync('/proc/mounts', 'utf8'))
}

/** Devices of every console of the running kernel, such as /dev/tty0 and /dev/ttyS0 (kernel: sysfs-tty). */
export function consoleDevices(): string[] {
  const active = '/sys/class/tty/console/active'
  if (!existsSync(active)) return ['/dev/console'].filter((device) => existsSync(device))
  const names = readFileSync(active, 'utf8').trim().split(/\s+/)
  return names.filter((name) => /^[\w.-]+$/.test(name)).map((name) => `/dev/${name}`)
}

/**
 * Writes texts to consoles. A serial line without a reader may block for ever: while a write to a device has not ended,
 * only the latest text is kept for it.
 */
export class Consoles {
  readonly #devices: readonly string[]
  readonly #busy = new Set<string>()
  readonly #next = new Map<string, string>()

  constructor(devices: readonly string[]) {
    this.#devices = devices
  }

  show(text: string): void {
    for (const device of this.#devices) {
      this.#next.set(device, text)
      if (!this.#busy.has(device)) void this.#write(device)
    }
  }

  async #write(device: string): Promise<void> {
    this.#busy.add(device)
    for (let text = this.#take(device); text !== undefined; text = this.#take(device)) {
      try {
        await writeFile(device, text)
      } catch {
        break // a console without its device (a serial port that is not there) is normal
      }
    }
    this.#busy.delete(device)
  }

  #take(device: string): string | undefined {
    const text = this.#next.get(device)
    this.#next.delete(device)
    return text
  }
}
