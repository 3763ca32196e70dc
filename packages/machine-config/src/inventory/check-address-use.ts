import type { InterfaceConfig } from '@slipway/protocol'
import { parseIp } from '../ip.ts'
import type { AddressAnswer } from '../options.ts'
import { shown } from '../words.ts'
import type { MachineCheck } from './machine-check.ts'

/** Judges the answers to the machine's RFC 5227 probes for the static addresses of the config. */
export function checkAddressUse(check: MachineCheck): void {
  for (const [i, one] of check.config.sysconfig.interfaces.entries()) {
    for (const [a, address] of one.addresses.entries()) {
      const host = address.address?.split('/')[0]
      if (address.kind !== 'static' || host === undefined || !parseIp(host)) continue
      checkAddress(check, { host, one, at: `/sysconfig/interfaces/${i}`, pointer: `addresses/${a}/address` })
    }
  }
}

interface Probed {
  readonly host: string
  readonly one: InterfaceConfig
  readonly at: string
  readonly pointer: string
}

function checkAddress(check: MachineCheck, probed: Probed): void {
  const { inventory, options, report } = check
  const pointer = `${probed.at}/${probed.pointer}`
  const own = new Set(inventory.interfaces.map((card) => card.mac))
  const answers = (options.taken ?? []).filter((one) => sameAddress(one.address, probed.host))
  const foreign = answers.filter((one) => !own.has(one.mac.toLowerCase()))
  const holder = foreign.find((one) => !one.proxy_arp)
  if (holder) return reportHolder(holder, probed.host, pointer, report)
  const proxy = foreign[0]
  if (proxy) {
    report({
      code: 'address-proxy-arp',
      severity: 'warning',
      message: `${proxy.mac} answers for ${shown(probed.host)} on ${proxy.interface}, and also for an address that nobody has: it does proxy ARP.`,
      cure: 'Make sure by other means that the address is free, or switch proxy ARP off at that router.',
      pointer,
    })
    return
  }
  const why = whyNotProbed(check, probed)
  if (why === undefined) return
  report({
    code: 'address-not-probed',
    severity: 'info',
    message: `Whether ${shown(probed.host)} is in use was not asked: ${why}.`,
    cure: 'Make sure by other means that the address is free.',
    pointer,
  })
}

function reportHolder(holder: AddressAnswer, host: string, pointer: string, report: MachineCheck['report']): void {
  report({
    code: 'address-in-use',
    message: `The address ${shown(host)} is in use: ${holder.mac} answers for it on ${holder.interface}.`,
    cure: 'Choose another address, or take it from that machine first.',
    pointer,
  })
}

function whyNotProbed({ options, interfaces }: MachineCheck, { host, one, at }: Probed): string | undefined {
  const told = options.notProbed?.find((entry) => sameAddress(entry.address, host))
  if (told) return told.reason
  if (parseIp(host)?.family === 6) return 'RFC 5227 probes are for IPv4'
  if (one.vlan !== null) return `VLAN ${one.vlan} is set up only on the installed system`
  if (interfaces.get(at)?.link === 'down') return 'its interface has no link'
  return options.taken ? undefined : 'the machine was not asked'
}

function sameAddress(a: string, b: string): boolean {
  const [one, other] = [parseIp(a), parseIp(b)]
  return one !== undefined && other !== undefined && one.family === other.family && one.value === other.value
}
