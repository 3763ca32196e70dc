import { err, ok, type Result } from '@slipway/base'
import type { AddressConfig, Finding, InterfaceConfig } from '@slipway/protocol'
import { readText } from '../check-config.ts'
import { placeFinding } from '../finding-list.ts'
import { makePlaces } from '../places.ts'
import { printPart } from '../print/print-config.ts'
import { appendToBlock } from './splice.ts'
import { setValue } from './set-value.ts'

/** Adds a disk to a vdev; `pool` and `vdev` count from 0 in the order of the text. Keeps every other byte. */
export function addDisk(
  text: string,
  { pool, vdev, disk }: { readonly pool: number; readonly vdev: number; readonly disk: string },
): Result<string, Finding[]> {
  return setValue(text, `/pools/${pool}/vdevs/${vdev}/disks/-`, disk)
}

export interface NewInterface {
  readonly name: string
  readonly selector?: string | null
  readonly addresses?: readonly AddressConfig[]
  readonly gateways?: readonly string[]
  readonly mtu?: number | null
  readonly vlan?: number | null
}

/** Adds an interface at the end of `sysconfig`. Keeps every other byte; fails where there is no `sysconfig`. */
export function addInterface(text: string, added: NewInterface): Result<string, Finding[]> {
  const read = readText(text, {})
  if (!read.ok) return err(read.error)
  const { places, version, config } = read.value
  const parent = places.nodes.get('/sysconfig')
  const one: InterfaceConfig = {
    name: added.name,
    selector: added.selector ?? null,
    addresses: [...(added.addresses ?? [])],
    gateways: [...(added.gateways ?? [])],
    mtu: added.mtu ?? null,
    vlan: added.vlan ?? null,
  }
  const edited =
    parent &&
    appendToBlock({ text, version }, parent, (indent) =>
      printPart({ kind: 'interface', value: one }, indent, version).join('\n'),
    )
  const after = edited === undefined ? undefined : readText(edited, {})
  const count = config.sysconfig.interfaces.length
  if (edited !== undefined && after?.ok && after.value.config.sysconfig.interfaces.length === count + 1)
    return ok(edited)
  const message = parent ? 'The interface cannot be written here.' : 'There is no `sysconfig` to add an interface to.'
  const cure = parent ? 'Give it a name.' : 'Add: sysconfig { hostname "machine-01" }'
  return err([placeFinding({ code: 'edit-pointer-unknown', message, cure, pointer: '' }, makePlaces())])
}
