import type { SysconfigConfig } from '@slipway/protocol'
import { planUsers } from './accounts.ts'
import { checkValues } from './check-values.ts'
import { planHostname, planLocale, planResolver, planTimezone, planUnits } from './debian-names.ts'
import { planIllumos } from './illumos-rules.ts'
import { planNetworkd } from './networkd.ts'
import { joinPlans, type SysconfigFacts, type SysconfigPlan } from './sysconfig-plan.ts'

/**
 * The rules of sysconfig: what a config asks for, as files, links and commands. Pure.
 * Throws `config-invalid` when a value could not be written safely. Source: machines.md, machine-config.md.
 */
export function planSysconfig(
  config: SysconfigConfig,
  facts: SysconfigFacts,
  platform: 'linux' | 'illumos',
): SysconfigPlan {
  checkValues(config)
  if (platform === 'illumos') return joinPlans([planIllumos(config, facts), planUsers(config, facts, platform)])
  return joinPlans([
    planHostname(config),
    planResolver(config, facts),
    planNetworkd(config, facts),
    planTimezone(config, facts),
    planLocale(config, facts),
    planUsers(config, facts, platform),
    planUnits(facts),
  ])
}

/** Folders whose entries the rules want to know, to remove what an earlier config left. */
export const listedFolders = ['/etc/systemd/network', '/etc/sudoers.d'] as const

/** Paths whose presence changes the rules. */
export function probedPaths(config: SysconfigConfig): string[] {
  const units = [
    'systemd-networkd.service',
    'systemd-networkd.socket',
    'systemd-networkd-wait-online.service',
    'systemd-resolved.service',
  ]
  return [
    '/usr/lib/systemd/systemd-resolved',
    '/lib/systemd/systemd-resolved',
    ...units.flatMap((unit) => [`/lib/systemd/system/${unit}`, `/usr/lib/systemd/system/${unit}`]),
    '/usr/sbin/locale-gen',
    '/usr/bin/sudo',
    ...(config.timezone === null ? [] : [`/usr/share/zoneinfo/${config.timezone}`]),
  ]
}

/** Files that are edited, so their present text is a fact. */
export const editedFiles = [
  '/etc/passwd',
  '/etc/shadow',
  '/etc/group',
  '/etc/locale.gen',
  '/etc/default/init',
  '/etc/nsswitch.conf',
  '/etc/nsswitch.dns',
] as const
