export interface InterfaceSelector {
  readonly key: 'mac' | 'driver'
  /** A MAC is lower-case with colons. */
  readonly value: string
}

/** Reads `mac:00:0c:29:3e:4f:50` (hyphens and a missing leading zero, as illumos prints it, are understood) or `driver:…`. */
export function parseInterfaceSelector(text: string): InterfaceSelector | undefined {
  const driver = /^driver:([A-Za-z0-9_-]{1,64})$/u.exec(text)?.[1]
  if (driver !== undefined) return { key: 'driver', value: driver }
  const octets = /^mac:([0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5})$/iu.exec(text)?.[1]?.split(/[:-]/u)
  if (!octets) return undefined
  const value = octets.map((octet) => octet.toLowerCase().padStart(2, '0')).join(':')
  // A group address (lowest bit of the first octet) or all zeros is no card's address: IEEE 802, 8.2.
  const first = Number.parseInt(value.slice(0, 2), 16)
  return first % 2 === 1 || value === '00:00:00:00:00:00' ? undefined : { key: 'mac', value }
}
