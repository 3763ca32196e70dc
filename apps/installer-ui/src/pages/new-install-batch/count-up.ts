const ipv4WithPrefix = /^(\d+\.\d+\.\d+)\.(\d+)(\/\d+)$/u
const lastNumber = /^(.*?)(\d+)(\D*)$/su

/** The text `by` places further: its last number counted up with its zeros kept, in an address that of the host. */
export function countUp(text: string, by: number): string {
  const [, network, host, prefix] = ipv4WithPrefix.exec(text) ?? []
  if (network !== undefined) return `${network}.${Number(host) + by}${prefix}`
  const [, before = '', digits, after = ''] = lastNumber.exec(text) ?? []
  if (digits === undefined) return by === 0 ? text : `${text}-${by + 1}`
  return `${before}${String(Number(digits) + by).padStart(digits.length, '0')}${after}`
}
