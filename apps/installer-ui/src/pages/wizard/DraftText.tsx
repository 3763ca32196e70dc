import { TextInput, type TextInputProps } from '@mantine/core'
import { useState } from 'react'
import { FindingsAt } from './FindingList.tsx'
import { useDraft } from './draft/draft.ts'

interface DraftTextProps extends Pick<TextInputProps, 'label' | 'description' | 'placeholder' | 'autoComplete'> {
  readonly pointer: string
  readonly value: string | null
}

/** One text of the config: every letter goes into the draft; empty takes an optional value out. */
export function DraftText({ pointer, value, ...input }: DraftTextProps) {
  const { set } = useDraft()
  const [typed, setTyped] = useState<string | null>(null)
  return (
    <div>
      <TextInput
        {...input}
        spellCheck={false}
        autoCapitalize="off"
        value={typed ?? value ?? ''}
        onChange={(event) => {
          const next = event.currentTarget.value
          setTyped(next)
          if (next !== '' || value !== null) set(pointer, next === '' ? null : next)
        }}
        onBlur={() => setTyped(null)}
      />
      <FindingsAt pointers={[pointer]} />
    </div>
  )
}
