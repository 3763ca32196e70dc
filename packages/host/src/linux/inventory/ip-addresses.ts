import { z } from 'zod'
import { parseToolJson } from '../parse-json.ts'

const outputSchema = z.array(
  z.object({
    ifname: z.string().optional(),
    address: z.string().optional(),
    permaddr: z.string().optional(),
    operstate: z.string().optional(),
    addr_info: z
      .array(z.object({ local: z.string().optional(), prefixlen: z.number().optional(), scope: z.string().optional() }))
      .optional(),
  }),
)

/** One link as iproute2 tells it; `permanentMac` is null where the driver reports none of its own. */
export interface IpLink {
  readonly name: string
  readonly mac: string | null
  readonly permanentMac: string | null
  readonly operstate: string
  /** With prefix: `192.168.1.10/24`. */
  readonly addresses: readonly string[]
}

/** Reads `ip -j -d address show` (iproute2 6.1). */
export function parseIpAddresses(output: string): IpLink[] {
  return parseToolJson(outputSchema, output, 'ip').flatMap((link) => {
    if (link.ifname === undefined) return [] // iproute2 prints an empty object for links it filtered out
    const addresses = (link.addr_info ?? []).flatMap(({ local, prefixlen, scope }) =>
      local === undefined || prefixlen === undefined || scope === 'host' ? [] : [`${local}/${prefixlen}`],
    )
    return [
      {
        name: link.ifname,
        mac: link.address?.toLowerCase() ?? null,
        permanentMac: link.permaddr?.toLowerCase() ?? null,
        operstate: link.operstate ?? 'UNKNOWN',
        addresses,
      },
    ]
  })
}
