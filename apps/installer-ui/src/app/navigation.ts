import {
  IconActivity,
  IconCalendarRepeat,
  IconDownload,
  IconFileCode,
  IconPlayerPlay,
  IconServer2,
  IconSettings,
  IconStack2,
  IconTerminal2,
} from '@tabler/icons-react'

/** The pages that the shell leads to, in the order of a machine's life. The first four stand in a phone's bar. */
export const navigation = [
  { to: '/machines', title: 'Machines', icon: IconServer2 },
  { to: '/installations', title: 'Installations', icon: IconDownload },
  { to: '/guests', title: 'Guests', icon: IconTerminal2 },
  { to: '/runs', title: 'Runs', icon: IconPlayerPlay },
  { to: '/install-batches', title: 'Install batches', icon: IconStack2 },
  { to: '/scripts', title: 'Scripts', icon: IconFileCode },
  { to: '/schedules', title: 'Schedules', icon: IconCalendarRepeat },
  { to: '/activity', title: 'Activity', icon: IconActivity },
  { to: '/settings', title: 'Settings', icon: IconSettings },
] as const
