import { setValue } from '@slipway/machine-config'
import type { Inventory, MachineConfig } from '@slipway/protocol'
import { editChain, type Edit } from '../wizard/draft/edit-chain.ts'
import { selectorsOf } from '../wizard/network/selectors-of.ts'

/** Names the interfaces by their place on the bus, as machines of one kind share it, instead of by MAC; null: none is. */
export function portable({ sysconfig }: MachineConfig, inventory: Inventory): Edit | null {
  const edits = sysconfig.interfaces.flatMap((each, at): Edit[] => {
    if (each.selector?.startsWith('mac:') !== true) return []
    const { card } = selectorsOf(each, inventory)
    if (!card) return []
    const pointer = `/sysconfig/interfaces/${at}`
    const unselect: Edit = (text) => setValue(text, `${pointer}/selector`, null)
    const name = `net${card.bus_index}`
    return each.name === name ? [unselect] : [unselect, (text) => setValue(text, `${pointer}/name`, name)]
  })
  return edits.length === 0 ? null : editChain(...edits)
}
