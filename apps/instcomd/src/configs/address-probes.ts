import { isFault } from '@slipway/base'
import type { CheckOptions } from '@slipway/machine-config'
import { addressProbeSchema, type AddressProbe, type MachineConfig } from '@slipway/protocol'
import { z } from 'zod'
import type { AppContext } from '../app-context.ts'
import type { MachineLinks } from '../machines/machine-links.ts'
import type { MachineService } from '../machines/service.ts'
import type { MachineRow } from '../machines/store.ts'

/** The machine takes five seconds at most; two more are for the way there. */
const probeMs = 7000

/** What probes told, as the check of a config takes it. */
export type AddressUse = Required<Pick<CheckOptions, 'taken' | 'notProbed'>>

interface Remembered {
  readonly asked: string
  readonly at: number
  readonly use: AddressUse
}

/** Lets a machine ask its links for the static addresses of a config (RFC 5227). */
export class AddressProbes {
  readonly #context: AppContext
  readonly #links: MachineLinks
  readonly #machines: MachineService
  /** The last answer per machine: an editor checks at every key. */
  readonly #last = new Map<string, Remembered>()

  constructor(context: AppContext, links: MachineLinks, machines: MachineService) {
    this.#context = context
    this.#links = links
    this.#machines = machines
  }

  /** Never throws for a machine that cannot be asked: then every address carries the reason. */
  async ask(
    row: MachineRow,
    config: MachineConfig,
    options: { maxAgeMs: number; signal: AbortSignal },
  ): Promise<AddressUse> {
    const addresses = staticAddresses(config)
    if (addresses.length === 0) return { taken: [], notProbed: [] }
    const asked = JSON.stringify([row.boot_id, config.sysconfig.interfaces])
    const last = this.#last.get(row.machine_id)
    if (last?.asked === asked && Date.now() - last.at <= options.maxAgeMs) return last.use
    const why = whyNotAsked(row)
    if (why !== null) return noneProbed(addresses, why)
    try {
      const use = useOf(await this.#call(row, config, options.signal))
      this.#last.set(row.machine_id, { asked, at: Date.now(), use })
      return use
    } catch (error) {
      options.signal.throwIfAborted()
      if (!isFault(error)) throw error
      this.#context.logger.debug({ err: error, machine_id: row.machine_id }, 'Addresses were not probed')
      return noneProbed(addresses, error.message)
    }
  }

  async #call(row: MachineRow, config: MachineConfig, signal: AbortSignal): Promise<AddressProbe[]> {
    const request = { configJson: JSON.stringify(config) }
    const answer = await this.#links.call(
      this.#machines.dialled(row),
      (client, options) => client.probeAddresses(request, options),
      { signal, timeoutMs: probeMs },
    )
    return z.array(addressProbeSchema).parse(JSON.parse(answer.probesJson))
  }
}

/** IPv4 alone: RFC 5227 knows no other, and the check says so of the rest. */
function staticAddresses(config: MachineConfig): string[] {
  return config.sysconfig.interfaces.flatMap((one) =>
    one.addresses.flatMap(({ kind, address }) => {
      const host = address?.split('/')[0]
      return kind === 'static' && host !== undefined && host !== '' && !host.includes(':') ? [host] : []
    }),
  )
}

/** What is known without dialling; whether machined runs there shows when it is dialled. */
function whyNotAsked(row: MachineRow): string | null {
  const { machine_id: id, shown_status: status } = row
  if (row.enrolment !== 'enrolled') return `machine ${id} does not trust this server yet`
  if (status === 'offline') return `machine ${id} is offline`
  return null
}

function useOf(probes: readonly AddressProbe[]): AddressUse {
  const answered = probes.filter((probe) => probe.mac !== null)
  const unasked = probes.filter((probe) => probe.not_probed !== null)
  return {
    taken: answered.map(({ address, mac, proxy_arp, interface: link }) => ({
      address,
      mac: mac ?? '',
      proxy_arp,
      interface: link,
    })),
    notProbed: unasked.map(({ address, not_probed }) => ({ address, reason: not_probed ?? '' })),
  }
}

function noneProbed(addresses: readonly string[], reason: string): AddressUse {
  return { taken: [], notProbed: addresses.map((address) => ({ address, reason })) }
}
