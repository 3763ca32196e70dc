import { ActionIcon, Button, NativeSelect, NumberInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { addPart, removePart } from '@slipway/machine-config'
import type { InterfaceConfig } from '@slipway/protocol'
import { Panel } from '../../../ui/Panel.tsx'
import { Tag } from '../../../ui/Tag.tsx'
import { DraftList } from '../DraftList.tsx'
import { useDraft } from '../draft/draft.ts'
import { FindingsAt } from '../FindingList.tsx'
import { AddressFields } from './AddressFields.tsx'
import classes from './NetworkStep.module.css'
import { selectorsOf } from './selectors-of.ts'

/** One interface: which card it is, its addresses and gateways. */
export function InterfacePanel({ config, index }: { config: InterfaceConfig; index: number }) {
  const { inventory, set, apply } = useDraft()
  const pointer = `/sysconfig/interfaces/${index}`
  const { options, card } = selectorsOf(config, inventory)
  const addAddress = () => {
    const value = { name: `address${config.addresses.length}`, kind: 'static', address: '192.0.2.10/24' } as const
    apply((text) => addPart(text, pointer, { kind: 'address', value }))
  }
  return (
    <Panel
      title={config.name}
      actions={
        <>
          {card && <Tag tone={card.link === 'up' ? 'good' : 'warn'}>{`link ${card.link}`}</Tag>}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Take ${config.name} out`}
            onClick={() => apply((text) => removePart(text, pointer))}
          >
            <IconTrash size={15} aria-hidden />
          </ActionIcon>
        </>
      }
    >
      <NativeSelect
        size="sm"
        label="Card"
        value={config.selector ?? ''}
        data={options}
        onChange={(event) => set(`${pointer}/selector`, event.currentTarget.value || null)}
      />
      <FindingsAt pointers={[pointer, `${pointer}/name`, `${pointer}/selector`, `${pointer}/addresses`]} only />
      {config.addresses.map((address, at) => (
        <AddressFields
          key={`${address.name} ${at}`}
          address={address}
          pointer={`${pointer}/addresses/${at}`}
          label={`${config.name} address ${at + 1}`}
        />
      ))}
      <Button
        mt="xs"
        variant="subtle"
        color="gray"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={addAddress}
      >
        Add address
      </Button>
      <div className={classes.fields} style={{ marginTop: 8 }}>
        <DraftList
          pointer={`${pointer}/gateways`}
          values={config.gateways}
          label="Gateway"
          description="On one of the networks above"
          placeholder="192.0.2.1"
        />
        <NumberInput
          label="VLAN"
          description="1 to 4094; empty: untagged"
          value={config.vlan ?? ''}
          onChange={(value) => set(`${pointer}/vlan`, typeof value === 'number' ? value : null)}
          allowDecimal={false}
        />
        <NumberInput
          label="MTU"
          description="Bytes; empty: the default"
          value={config.mtu ?? ''}
          onChange={(value) => set(`${pointer}/mtu`, typeof value === 'number' ? value : null)}
          allowDecimal={false}
        />
      </div>
      <FindingsAt pointers={[`${pointer}/vlan`, `${pointer}/mtu`]} />
    </Panel>
  )
}
