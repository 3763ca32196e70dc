import type { BootResult, SimulatedHost } from '@slipway/host'
import type { Responder } from '../discovery/responder.ts'
import { Identity } from '../identity/identity.ts'
import { version } from '../version.ts'

type InstalledBoot = Extract<BootResult, { system: 'installed' }>

/**
 * Lets a simulated machine's installed system answer discovery as `installed`, until the returned function is called.
 * It signs with the machine's key, which lies on no disk, and names no port: no machined listens there, so nobody can
 * claim it. It stands for what the agent does on a real installed machine.
 */
export async function announceInstalled(
  parts: { responder: Responder; host: SimulatedHost; machineId: string; dataDir: string },
  boot: InstalledBoot,
): Promise<() => void> {
  const { responder, host, machineId, dataDir } = parts
  const identity = await Identity.open({ dataDir, machineId, bootId: boot.boot_id })
  const hardware = host.hardware()
  const inventory = { ...hardware, hostname: boot.hostname ?? hardware.hostname, boot_id: boot.boot_id }
  return responder.add(() => ({ inventory, identity, port: null, version, status: 'installed' }))
}
