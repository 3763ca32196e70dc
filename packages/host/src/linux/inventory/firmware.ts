import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LinuxSystem } from '../linux-system.ts'

/** UEFI 2.10, 3.3: the variable SecureBoot of the global vendor is one byte; efivarfs puts 4 bytes of attributes before it. */
const secureBootVariable = 'firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'

/** How the machine was started. */
export async function readFirmware(system: LinuxSystem): Promise<{ firmware: 'uefi' | 'bios'; secure_boot: boolean }> {
  const uefi = await stat(join(system.sys, 'firmware/efi')).catch(() => null)
  if (!uefi) return { firmware: 'bios', secure_boot: false }
  const variable = await readFile(join(system.sys, secureBootVariable)).catch(() => null)
  return { firmware: 'uefi', secure_boot: variable?.[4] === 1 }
}
