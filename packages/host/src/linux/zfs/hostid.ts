import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import type { LinuxSystem } from '../linux-system.ts'

/**
 * The machine's hostid, 8 hex digits, the same in every live boot and in every boot environment: a pool that was not
 * exported (a power cut, a system that was switched off) is imported again without force only under the same hostid.
 */
export function hostidOf(machineId: string): string {
  const digits = createHash('sha256').update(`hostid ${machineId}`).digest('hex').slice(0, 8)
  return digits === '00000000' ? '00000001' : digits // zero means "no hostid" to ZFS
}

/** Gives the running system that hostid; ZFS reads /etc/hostid at every use (spl-generic.c, zone_get_hostid). */
export async function useHostid(system: LinuxSystem, hostid: string, signal: AbortSignal): Promise<void> {
  const path = '/etc/hostid'
  const now = await readFile(path).catch(() => null)
  if (now && printHostid(now) === hostid) return
  await system.run(['zgenhostid', '-f', '-o', path, hostid], { signal })
}

/** /etc/hostid is the number as 4 bytes in the machine's order (gethostid(3)); amd64 and arm64 are little-endian. */
export function hostidBytes(hostid: string): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(Number.parseInt(hostid, 16))
  return bytes
}

function printHostid(bytes: Buffer): string {
  return bytes.length === 4 ? bytes.readUInt32LE().toString(16).padStart(8, '0') : ''
}

/** Writes a hostid into a system that is not running. */
export async function writeHostid(path: string, hostid: string): Promise<void> {
  await writeFile(path, hostidBytes(hostid), { mode: 0o644 })
}

/** The hostid of the last system that used a pool, as its label has it (`zdb -l`: decimal); null when it has none. */
export function parseLabelHostid(zdbOutput: string): string | null {
  const found = /^\s*hostid: (\d+)$/m.exec(zdbOutput)?.[1]
  return found ? Number(found).toString(16).padStart(8, '0') : null
}
