import { Button, Drawer } from '@mantine/core'
import { IconCode } from '@tabler/icons-react'
import { useCallback, useState, type ReactNode } from 'react'
import { useMediaQuery } from '@mantine/hooks'
import { useDraft } from './draft/draft.ts'
import { ShowLineContext, type Place } from './editor/show-line.ts'
import { TextPanel } from './editor/TextPanel.tsx'
import { UnreadableText } from './UnreadableText.tsx'
import classes from './StepFrame.module.css'

interface StepFrameProps {
  readonly withText: boolean
  /** Above both. */
  readonly head?: ReactNode
  readonly children: ReactNode
}

/** A form with the config's text beside it, or in a drawer where the screen is too narrow for both. */
export function StepFrame({ withText, head, children }: StepFrameProps) {
  const { config } = useDraft()
  const isNarrow = useMediaQuery('(max-width: 1099px)', false, { getInitialValueInEffect: false })
  const [opened, setOpened] = useState(false)
  const [place, setPlace] = useState<Place | null>(null)
  const showLine = useCallback((wanted: Place) => {
    setPlace({ ...wanted })
    setOpened(true)
  }, [])
  const text = <TextPanel goTo={place} />
  return (
    <ShowLineContext value={showLine}>
      {head}
      <div className={classes.columns} data-alone={!withText || isNarrow || undefined}>
        <div className={classes.form}>
          {withText && isNarrow && (
            <Button
              variant="default"
              mb="sm"
              leftSection={<IconCode size={15} aria-hidden />}
              onClick={() => setOpened(true)}
            >
              Show the config’s text
            </Button>
          )}
          {withText && config === null ? <UnreadableText /> : children}
        </div>
        {withText && !isNarrow && <div className={classes.text}>{text}</div>}
      </div>
      {isNarrow && (
        <Drawer opened={opened} onClose={() => setOpened(false)} position="bottom" size="85%" title="The config’s text">
          {text}
        </Drawer>
      )}
    </ShowLineContext>
  )
}
