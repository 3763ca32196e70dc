import { Fault } from '@slipway/base'
import type { SysconfigConfig } from '@slipway/protocol'
import { isIP } from 'node:net'

/**
 * The last gate before values become lines of files: each must fit the narrow form that its file allows, so that no
 * value can end a line, open a section or leave a field, whoever wrote the config and whatever checked it before.
 */
const forms = {
  hostname:
    /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
  domain: /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?$/,
  timezone: /^(?!.*\.\.)[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+){0,3}$/,
  locale: /^[A-Za-z0-9_.@-]{1,64}$/,
  // netdevice(7): 15 bytes; systemd.link(5) and dladm(8) allow less than the kernel.
  interface: /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/,
  user: /^[a-z_][a-z0-9_-]{0,31}$/, // useradd(8)
  // crypt(5): printable ASCII without whitespace : ; * ! \
  passwordHash: /^[\x21\x22-\x29\x2b-\x39\x3c-\x5b\x5d-\x7e]{1,512}$/,
  // sshd(8), AUTHORIZED_KEYS: type, base64, comment; no options (they could run commands).
  sshKey:
    /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}( [\x20-\x7e]{0,256})?$/,
  selector: /^(mac:[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|driver:[A-Za-z0-9_-]{1,64})$/,
} as const

const mtuRange = { least: 68, most: 65_535 } // RFC 791; what an interface's 16-bit field holds
const vlanRange = { least: 1, most: 4094 } // IEEE 802.1Q

/** Throws `config-invalid` (details.values) naming every value that must not reach a file. */
export function checkValues(config: SysconfigConfig): void {
  const bad: string[] = []
  const check = (what: string, value: string | null, form: RegExp) => {
    if (value !== null && !form.test(value)) bad.push(`${what} ${JSON.stringify(value)}`)
  }
  check('hostname', config.hostname, forms.hostname)
  for (const server of config.nameservers) if (isIP(server) === 0) bad.push(`nameserver ${JSON.stringify(server)}`)
  for (const domain of config.search) check('search domain', domain, forms.domain)
  check('timezone', config.timezone, forms.timezone)
  check('locale', config.locale, forms.locale)
  for (const entry of config.interfaces) {
    check('interface name', entry.name, forms.interface)
    check('selector', entry.selector, forms.selector)
    for (const gateway of entry.gateways) if (isIP(gateway) === 0) bad.push(`gateway ${JSON.stringify(gateway)}`)
    for (const { name, address } of entry.addresses) {
      check('address name', name, forms.interface)
      if (address !== null && !isCidr(address)) bad.push(`address ${JSON.stringify(address)}`)
    }
    if (entry.mtu !== null && outside(entry.mtu, mtuRange)) bad.push(`mtu ${entry.mtu}`)
    if (entry.vlan !== null && outside(entry.vlan, vlanRange)) bad.push(`vlan ${entry.vlan}`)
  }
  for (const user of config.users) {
    check('user name', user.name, forms.user)
    check('password hash of user', user.password_hash === null ? null : user.password_hash, forms.passwordHash)
    for (const key of user.ssh_keys) check('ssh key', key, forms.sshKey)
  }
  if (bad.length === 0) return
  // A password hash is a secret: it is named, never repeated.
  const words = bad.map((text) => text.replace(/^(password hash of user) .*$/, '$1 is malformed'))
  throw new Fault('config-invalid', `values that cannot be written to system files: ${words.join('; ')}`, {
    details: { values: words },
  })
}

function outside(value: number, range: { least: number; most: number }): boolean {
  return !Number.isInteger(value) || value < range.least || value > range.most
}

/** `ADDRESS/PREFIX` with a prefix that fits the family. */
export function isCidr(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/')
  const family = isIP(address)
  if (rest.length > 0 || family === 0 || !/^\d{1,3}$/.test(prefix)) return false
  return Number(prefix) <= (family === 4 ? 32 : 128)
}
