export interface IpAddress {
  readonly family: 4 | 6
  readonly value: bigint
}

export interface IpPrefix {
  readonly address: IpAddress
  readonly length: number
}

/** Reads an address as RFC 4291 (no zone) and dotted IPv4 without leading zeros; undefined if it is none. */
export function parseIp(text: string): IpAddress | undefined {
  const four = parseIpv4(text)
  if (four !== undefined) return { family: 4, value: four }
  const six = parseIpv6(text)
  return six === undefined ? undefined : { family: 6, value: six }
}

/** Number of bits of a family's addresses. */
export function bitsOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128
}

/** True if both addresses have the same first `length` bits. */
export function sameNetwork(a: IpAddress, b: IpAddress, length: number): boolean {
  if (a.family !== b.family) return false
  const shift = BigInt(bitsOf(a.family) - length)
  return a.value >> shift === b.value >> shift
}

/** The bits of an address that name the host in its network. */
export function hostBits({ address, length }: IpPrefix): bigint {
  return address.value & ((1n << BigInt(bitsOf(address.family) - length)) - 1n)
}

/** Why no host may have this address; undefined if one may (RFC 6890, RFC 1112, RFC 4291). */
export function whyNotUsable({ family, value }: IpAddress): string | undefined {
  if (family === 4) {
    const first = Number(value >> 24n)
    if (first === 0) return 'an address of "this network"'
    if (first === 127) return 'a loopback address'
    if (first >= 224 && first < 240) return 'a multicast address'
    return first >= 240 ? 'a reserved address' : undefined
  }
  if (value === 0n) return 'the unspecified address'
  if (value === 1n) return 'the loopback address'
  if (value >> 120n === 0xffn) return 'a multicast address'
  return value >> 32n === 0xffffn ? 'an IPv4 address in IPv6 writing' : undefined
}

/** True for fe80::/10, which is on-link on every interface. */
export function isLinkLocal({ family, value }: IpAddress): boolean {
  return family === 6 && value >> 118n === 0x3fan
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0n
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/u.test(part) || Number(part) > 255) return undefined
    value = (value << 8n) | BigInt(part)
  }
  return value
}

function parseIpv6(text: string): bigint | undefined {
  if (text.length > 45 || !/^[0-9a-f:.]+$/iu.test(text)) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half, index) => groupsOf(half, index === halves.length - 1))
  const [head, tail] = groups
  if (!head || (halves.length === 2 && !tail)) return undefined
  if (halves.length === 1) return head.length === 8 ? joinGroups(head) : undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (missing < 1) return undefined
  return joinGroups([...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])])
}

function groupsOf(half: string, isLast: boolean): number[] | undefined {
  if (half === '') return []
  const groups: number[] = []
  const parts = half.split(':')
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && isLast && index === parts.length - 1) {
      const four = parseIpv4(part)
      if (four === undefined) return undefined
      groups.push(Number(four >> 16n), Number(four & 0xffffn))
    } else if (/^[0-9a-f]{1,4}$/iu.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

function joinGroups(groups: readonly number[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n)
}
