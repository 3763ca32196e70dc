import { IconActivity, IconDownload, IconServer2, IconSettings } from '@tabler/icons-react'

/** The pages that the shell leads to, in the order of a machine's life. The first four stand in a phone's bar. */
export const navigation = [
  { to: '/machines', title: 'Machines', icon: IconServer2 },
  { to: '/installations', title: 'Installations', icon: IconDownload },
  { to: '/activity', title: 'Activity', icon: IconActivity },
  { to: '/settings', title: 'Settings', icon: IconSettings },
] as const
