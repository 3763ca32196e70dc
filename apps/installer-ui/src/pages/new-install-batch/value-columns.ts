import { valueAt } from '@slipway/machine-config'
import type { MachineConfig } from '@slipway/protocol'

/** A single value of the config that can differ from machine to machine. */
export interface ValueColumn {
  /** JSON pointer into the typed config. */
  readonly pointer: string
  readonly title: string
}

const hostname: ValueColumn = { pointer: '/sysconfig/hostname', title: 'Hostname' }

/** What always differs: the name, and every static address. */
export function usualColumns({ sysconfig }: MachineConfig): ValueColumn[] {
  const addresses = sysconfig.interfaces.flatMap(({ name, addresses: each }, at) =>
    each.flatMap((address, index) =>
      address.kind === 'static'
        ? [
            {
              pointer: `/sysconfig/interfaces/${at}/addresses/${index}/address`,
              title: `Address of ${name} (${address.name})`,
            },
          ]
        : [],
    ),
  )
  return [hostname, ...addresses]
}

/** Every single value of the config, the usual ones first. */
export function allColumns(config: MachineConfig): ValueColumn[] {
  const usual = usualColumns(config)
  const known = new Set(usual.map(({ pointer }) => pointer))
  const others = pointersIn(config, '').filter((pointer) => !known.has(pointer))
  return [...usual, ...others.map((pointer) => ({ pointer, title: pointer }))]
}

function pointersIn(value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [at]
  return Object.entries(value).flatMap(([key, below]) =>
    pointersIn(below, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}

/** What the config has at a pointer, as text; empty: nothing. */
export function textAt(config: MachineConfig, pointer: string): string {
  const value = valueAt(config, pointer)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
