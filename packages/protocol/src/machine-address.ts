import type { Machine } from './routes/machines.ts'

/** Where the machine is reached now: the first address of its installed system, else machined's; null: nowhere known. */
export function machineAddress({ address, system_addresses }: Machine): string | null {
  return system_addresses[0] ?? address
}
