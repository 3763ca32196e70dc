import { ActionIcon, Checkbox, Textarea } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { removePart } from '@slipway/machine-config'
import type { UserConfig } from '@slipway/protocol'
import { useState } from 'react'
import { Panel } from '../../../ui/Panel.tsx'
import { DraftText } from '../DraftText.tsx'
import { useDraft } from '../draft/draft.ts'
import { setList } from '../draft/edit-chain.ts'
import { FindingsAt } from '../FindingList.tsx'

/** One account: its keys, and whether it may do everything. */
export function UserPanel({ user, index }: { user: UserConfig; index: number }) {
  const { set, apply } = useDraft()
  const pointer = `/sysconfig/users/${index}`
  return (
    <Panel
      title={`User ${user.name}`}
      actions={
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Take user ${user.name} out`}
          onClick={() => apply((text) => removePart(text, pointer))}
        >
          <IconTrash size={15} aria-hidden />
        </ActionIcon>
      }
    >
      <div style={{ display: 'grid', gap: 12 }}>
        <DraftText pointer={`${pointer}/name`} value={user.name} label="Name" autoComplete="off" />
        <SshKeys keys={user.ssh_keys} pointer={`${pointer}/ssh_keys`} />
        <DraftText
          pointer={`${pointer}/password_hash`}
          value={user.password_hash}
          label="Password hash"
          description="As crypt(5) has it, for example from mkpasswd; empty: no password"
          autoComplete="off"
        />
        <Checkbox
          label="May use sudo without a password"
          checked={user.sudo}
          onChange={(event) => set(`${pointer}/sudo`, event.currentTarget.checked)}
        />
      </div>
      <FindingsAt pointers={[pointer, `${pointer}/sudo`]} only />
    </Panel>
  )
}

function SshKeys({ keys, pointer }: { keys: readonly string[]; pointer: string }) {
  const { apply } = useDraft()
  const [typed, setTyped] = useState<string | null>(null)
  const change = (text: string) => {
    setTyped(text)
    const wanted = text.split('\n').map((line) => line.trim())
    apply(
      setList(
        pointer,
        keys,
        wanted.filter((line) => line !== ''),
      ),
    )
  }
  return (
    <div>
      <Textarea
        label="SSH keys"
        description="One public key a line"
        placeholder="ssh-ed25519 AAAA… ann@example.com"
        autosize
        minRows={2}
        maxRows={8}
        spellCheck={false}
        classNames={{ input: 'mono' }}
        value={typed ?? keys.join('\n')}
        onChange={(event) => change(event.currentTarget.value)}
        onBlur={() => setTyped(null)}
      />
      <FindingsAt pointers={[pointer]} />
    </div>
  )
}
