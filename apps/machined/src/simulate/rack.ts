import { join } from 'node:path'
import type { Logger } from '@slipway/base'
import { Responder } from '../discovery/responder.ts'
import { readEnrolmentFile } from '../enrolment/read-enrolment-file.ts'
import { RackMachine } from './rack-machine.ts'
import type { SimulateOptions } from './simulate-options.ts'

/** Starting a machine makes a key and a certificate and waits for the disk; more at once only queue. */
const startsAtOnce = 8

/** What is said while a rack comes up. */
export type RackLine =
  | {
      readonly type: 'discovery'
      readonly group: string
      readonly port: number
      readonly interface: string
      readonly loopback: boolean
    }
  | {
      readonly type: 'machine'
      readonly machine_id: string
      readonly hostname: string
      readonly address: string
      readonly port: number
      readonly fingerprint: string
    }
  | { readonly type: 'installed'; readonly machine_id: string; readonly hostname: string }
  | { readonly type: 'code'; readonly machine_id: string; readonly code: string }
  | { readonly type: 'ready'; readonly machines: number }

export interface Rack {
  readonly machines: readonly RackMachine[]
  stop(): Promise<void>
}

/** Starts simulated machines in this process, each a machined of its own, with one discovery socket for all. */
export async function startRack(
  options: SimulateOptions,
  parts: { say: (line: RackLine) => void; loggerFor: (machineId: string | null) => Logger },
): Promise<Rack> {
  const { say, loggerFor } = parts
  const enrolmentFile = options.enrolment === null ? null : await readEnrolmentFile(options.enrolment)
  const responder = await Responder.open({
    group: options.group,
    port: options.discoveryPort,
    interface: options.interface,
    logger: loggerFor(null),
  })
  const { group, discoveryPort: port } = options
  say({ type: 'discovery', group, port, interface: options.interface, loopback: options.interface.startsWith('127.') })
  const machines = Array.from({ length: options.machines }, (_, index) => {
    const number = String(index + 1).padStart(4, '0')
    const machineId = `sim-${number}`
    const { host, port: base } = options.listen
    return new RackMachine({
      ...options,
      machineId,
      hostname: `${options.hostnamePrefix}${number}`,
      dataDir: join(options.dataDir, machineId),
      listen: { host, port: base === 0 ? 0 : base + index },
      enrolmentFile,
      responder,
      logger: loggerFor(machineId),
      onCode: (code) => code !== null && say({ type: 'code', machine_id: machineId, code }),
    })
  })
  await startAll(machines, options, say)
  say({ type: 'ready', machines: machines.length })
  return {
    machines,
    async stop() {
      await Promise.all(machines.map((machine) => machine.stop()))
      await responder.close()
    },
  }
}

/** Started some at a time, told in order. */
async function startAll(
  machines: readonly RackMachine[],
  options: SimulateOptions,
  say: (line: RackLine) => void,
): Promise<void> {
  const started = machines.map(() => Promise.withResolvers<void>())
  const left = [...machines.entries()]
  const startSome = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, machine] = next
      await machine.start()
      started[index]?.resolve()
    }
  }
  const starting = Promise.all(Array.from({ length: startsAtOnce }, startSome))
  for (const [index, machine] of machines.entries()) {
    await Promise.race([started[index]?.promise, starting])
    say(lineOf(machine, options.listen.host))
  }
  await starting
}

function lineOf({ machineId: machine_id, hostname, machine }: RackMachine, address: string): RackLine {
  if (!machine) return { type: 'installed', machine_id, hostname }
  return { type: 'machine', machine_id, hostname, address, port: machine.port, fingerprint: machine.fingerprint() }
}
