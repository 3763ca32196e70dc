import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Notice } from '../../ui/Notice.tsx'
import { useDraft } from './draft/draft.ts'
import { useShowLine } from './editor/show-line.ts'

/** The text is no KDL at the moment: the form waits until it can be read again. */
export function UnreadableText() {
  const { check, reset } = useDraft()
  const showLine = useShowLine()
  const [first] = check.findings
  return (
    <Notice
      tone="bad"
      icon={IconAlertTriangle}
      title="The form waits: the text cannot be read"
      actions={
        <>
          {first && (
            <Button variant="default" onClick={() => showLine(first)}>
              Go to line {first.line}
            </Button>
          )}
          <Button variant="default" onClick={reset}>
            Begin with a new config
          </Button>
        </>
      }
    >
      {first && `${first.message} ${first.cure}`}
    </Notice>
  )
}
