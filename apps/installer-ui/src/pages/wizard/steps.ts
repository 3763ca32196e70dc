import type { Finding } from '@slipway/protocol'

/** The wizard's steps in order, each a route below `/install`. */
export const wizardSteps = [
  { name: 'welcome', to: '/install/welcome', title: 'Welcome', pointers: [] },
  { name: 'machine', to: '/install/machine', title: 'Machine', pointers: [] },
  {
    name: 'storage',
    to: '/install/storage',
    title: 'Storage',
    pointers: ['/pools', '/filesystem', '/wipes', '/image', '/swap_bytes', '/dump_bytes', '/boot_environment_name'],
  },
  {
    name: 'network',
    to: '/install/network',
    title: 'Network',
    pointers: ['/sysconfig/interfaces', '/sysconfig/nameservers', '/sysconfig/search'],
  },
  {
    name: 'system',
    to: '/install/system',
    title: 'System',
    pointers: [
      '/sysconfig/hostname',
      '/sysconfig/timezone',
      '/sysconfig/locale',
      '/sysconfig/users',
      '/reboot',
      '/agent',
    ],
  },
  { name: 'review', to: '/install/review', title: 'Review', pointers: [] },
  { name: 'install', to: '/install/install', title: 'Install', pointers: [] },
] as const
export type WizardStep = (typeof wizardSteps)[number]
export type StepName = WizardStep['name']

/** The step whose form holds the place of a finding; null where only the text has it (syntax, unknown nodes). */
export function stepOf({ pointer }: Pick<Finding, 'pointer'>): StepName | null {
  const step = wizardSteps.find(({ pointers }) => pointers.some((at) => pointer === at || pointer.startsWith(`${at}/`)))
  return step?.name ?? null
}

/** Steps that write the config: they stand beside its text and need a machine. */
export const formSteps: readonly StepName[] = ['storage', 'network', 'system', 'review']
