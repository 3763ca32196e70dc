import { ActionIcon, NativeSelect } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { removePart, setValue } from '@slipway/machine-config'
import type { AddressConfig } from '@slipway/protocol'
import { DraftText } from '../DraftText.tsx'
import { useDraft } from '../draft/draft.ts'
import { editChain } from '../draft/edit-chain.ts'
import { FindingsAt } from '../FindingList.tsx'
import classes from './NetworkStep.module.css'

const kinds = [
  { value: 'static', label: 'Static' },
  { value: 'dhcp4', label: 'DHCP (IPv4)' },
  { value: 'dhcp6', label: 'DHCPv6' },
  { value: 'addrconf', label: 'Router advertisement (addrconf)' },
]

interface AddressFieldsProps {
  readonly address: AddressConfig
  readonly pointer: string
  readonly label: string
}

/** One address: how it is given, and which it is. */
export function AddressFields({ address, pointer, label }: AddressFieldsProps) {
  const { apply } = useDraft()
  const change = (kind: string) =>
    apply(
      kind === 'static'
        ? editChain(
            (text) => setValue(text, `${pointer}/kind`, kind),
            (text) => setValue(text, `${pointer}/address`, '192.0.2.10/24'),
          )
        : editChain(
            ...(address.address === null ? [] : [(text: string) => setValue(text, `${pointer}/address`, null)]),
            (text) => setValue(text, `${pointer}/kind`, kind),
          ),
    )
  return (
    <fieldset className={classes.address}>
      <legend className="quiet">{label}</legend>
      <NativeSelect
        size="sm"
        aria-label={`${label}: kind`}
        value={address.kind}
        data={kinds}
        onChange={(event) => change(event.currentTarget.value)}
      />
      {address.kind === 'static' && (
        <DraftText
          pointer={`${pointer}/address`}
          value={address.address}
          label="Address with prefix"
          placeholder="192.0.2.10/24"
        />
      )}
      <ActionIcon
        className={classes.remove}
        variant="subtle"
        color="gray"
        aria-label={`Take ${label} out`}
        onClick={() => apply((text) => removePart(text, pointer))}
      >
        <IconX size={15} aria-hidden />
      </ActionIcon>
      <div className={classes.wide}>
        <FindingsAt pointers={[pointer, `${pointer}/kind`, `${pointer}/name`]} only />
      </div>
    </fieldset>
  )
}
