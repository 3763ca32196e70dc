/** Every page of the app by its path: what the tests look at on all sizes and states. */
export const pagePaths = [
  '/sign-in',
  '/machines',
  '/machines/$machineId',
  '/install/welcome',
  '/install/machine',
  '/install/storage',
  '/install/network',
  '/install/system',
  '/install/review',
  '/install/install',
  '/installations',
  '/installations/$installationId',
  '/activity',
  '/settings',
] as const
export type PagePath = (typeof pagePaths)[number]
