import type { MachineConfig } from '@slipway/protocol'
import { nearestWord } from '../suggestion.ts'
import { shown } from '../words.ts'
import type { ReportFinding } from './report-finding.ts'
import { parseIp } from '../ip.ts'

/** Checks the boot environment, the host name, DNS, time zone and locale. */
export function checkNames(config: MachineConfig, report: ReportFinding): void {
  const { sysconfig, boot_environment_name: boot } = config
  if (boot !== null) checkBootEnvironment(boot, report)
  checkHostname(sysconfig.hostname, report)
  checkNameservers(sysconfig.nameservers, report)
  for (const [index, domain] of sysconfig.search.entries()) {
    if (domain === '' || isDomain(domain)) continue
    report({
      code: 'search-domain-illegal',
      message: `${shown(domain)} is not a domain name.`,
      cure: 'Write labels of letters, digits and hyphens with dots between, for example: search "example.com"',
      pointer: `/sysconfig/search/${index}`,
    })
  }
  if (sysconfig.timezone !== null) checkTimezone(sysconfig.timezone, report)
  if (sysconfig.locale !== null) checkLocale(sysconfig.locale, report)
}

/** A boot environment is a dataset and, on Linux, a part of file names: zfsconcepts(7), "ZFS File System Hierarchy". */
function checkBootEnvironment(name: string, report: ReportFinding): void {
  if (name.length <= 64 && /^[A-Za-z0-9][A-Za-z0-9_.:-]*$/u.test(name)) return
  report({
    code: 'boot-environment-name-illegal',
    message: `${shown(name)} is not a name for a boot environment.`,
    cure: 'Begin with a letter or digit and go on with letters, digits, _ - . and :, 64 at most, for example "be-2026".',
    pointer: '/boot_environment_name',
  })
}

function isDomain(name: string): boolean {
  const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/iu
  return (
    name.length <= 253 &&
    name
      .replace(/\.$/u, '')
      .split('.')
      .every((part) => label.test(part))
  )
}

/** RFC 1123, 2.1: letters, digits and hyphens, labels of 1 to 63; a name that reads as an address is none. */
function checkHostname(hostname: string, report: ReportFinding): void {
  if (hostname === '') return
  const looksLikeAddress = /^[\d.]+$/u.test(hostname) && hostname.includes('.')
  if (isDomain(hostname) && !hostname.endsWith('.') && !looksLikeAddress) return
  const mended = hostname
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/gu, '-')
    .replaceAll(/^[-.]+|[-.]+$/gu, '')
  const example = isDomain(mended) && !looksLikeAddress ? mended : 'machine-01'
  report({
    code: 'hostname-illegal',
    message: `${shown(hostname)} is not a host name (RFC 1123).`,
    cure: `Write letters, digits and hyphens, no hyphen at either end, at most 63 in a part, for example: hostname "${example}"`,
    pointer: '/sysconfig/hostname',
  })
}

function checkNameservers(nameservers: readonly string[], report: ReportFinding): void {
  const seen = new Set<string>()
  for (const [index, text] of nameservers.entries()) {
    if (text === '') continue
    const pointer = `/sysconfig/nameservers/${index}`
    const address = parseIp(text)
    if (!address) {
      report({
        code: 'address-illegal',
        message: `The name server ${shown(text)} is not an IP address.`,
        cure: 'Write an address without a prefix length, for example: nameserver "8.8.8.8"',
        pointer,
      })
      continue
    }
    const key = `${address.family}:${address.value}`
    if (seen.has(key)) {
      report({
        code: 'address-twice',
        message: `The name server ${shown(text)} is given twice.`,
        cure: 'Remove one of them.',
        pointer,
      })
    }
    seen.add(key)
  }
}

/** A zone is a file name below /usr/share/zoneinfo; the runtime's copy of the IANA database knows which there are. */
function checkTimezone(zone: string, report: ReportFinding): void {
  const pointer = '/sysconfig/timezone'
  const canonical = knownZone(zone)
  if (canonical !== undefined && (canonical === zone || canonical.toLowerCase() !== zone.toLowerCase())) return
  const near = canonical ?? nearestWord(zone, Intl.supportedValuesOf('timeZone'))
  report({
    code: 'timezone-unknown',
    message: `There is no time zone ${shown(zone)}.`,
    cure: `${near === undefined ? '' : `Did you mean "${near}"? `}Write a zone of the IANA database, for example: timezone "Europe/Zurich"`,
    pointer,
  })
}

function knownZone(zone: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/u.test(zone)) return undefined
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    // RangeError is how Intl says that it does not know a zone.
    return undefined
  }
}

/** locale(7) and glibc's names: language[_TERRITORY][.charset][@modifier], or C and POSIX. */
function checkLocale(locale: string, report: ReportFinding): void {
  const pattern = /^(?:[a-z]{2,3}(?:_[A-Z]{2})?|C|POSIX)(?:\.[A-Za-z0-9-]{1,20})?(?:@[a-z]{1,20})?$/u
  if (pattern.test(locale)) return
  report({
    code: 'locale-illegal',
    message: `${shown(locale)} is not a locale.`,
    cure: 'Write language_TERRITORY.charset, for example: locale "en_US.UTF-8"',
    pointer: '/sysconfig/locale',
  })
}
