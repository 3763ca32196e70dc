import { TagsInput } from '@mantine/core'
import { FindingsAt } from './FindingList.tsx'
import { setList } from './draft/edit-chain.ts'
import { useDraft } from './draft/draft.ts'

interface DraftListProps {
  readonly pointer: string
  readonly values: readonly string[]
  readonly label: string
  readonly description?: string
  readonly placeholder?: string
}

/** Several texts of the config, entered one after another. */
export function DraftList({ pointer, values, label, description, placeholder }: DraftListProps) {
  const { apply } = useDraft()
  return (
    <div>
      <TagsInput
        size="sm"
        label={label}
        {...(description !== undefined && { description })}
        {...(placeholder !== undefined && values.length === 0 && { placeholder })}
        value={[...values]}
        splitChars={[',', ' ']}
        acceptValueOnBlur
        onChange={(wanted) => apply(setList(pointer, values, wanted))}
      />
      <FindingsAt pointers={[pointer]} />
    </div>
  )
}
