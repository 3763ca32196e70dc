import type { Disk, NetworkInterface } from './inventory.ts'

/**
 * What the names in a machine config mean on one machine: the result of checking it against an inventory.
 * Keys are the names as the config writes them (`vda`, `serial:QM0001`, `net0`); a selector that matches several disks
 * never gets here, because the check makes it an error.
 */
export interface ResolvedConfig {
  /** Every disk named in `pools`, `filesystem` and `wipes`. */
  readonly disks: Readonly<Record<string, Disk>>
  /** Every interface of `sysconfig`, by its name in the config. */
  readonly interfaces: Readonly<Record<string, NetworkInterface>>
}
