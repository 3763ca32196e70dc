import type { VdevKind } from '@slipway/protocol'

/** Spellings that are read as a canonical vdev kind (machine-config.md, table). */
export const vdevAliases: Readonly<Record<string, VdevKind>> = {
  raidz: 'raidz1',
  'raid-z': 'raidz1',
  'raid-z1': 'raidz1',
  'raid-z2': 'raidz2',
  'raid-z3': 'raidz3',
  debup: 'dedup',
}
