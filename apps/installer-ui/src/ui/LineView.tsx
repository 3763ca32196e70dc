import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, type UIEvent } from 'react'
import type { Tone } from './tone.ts'
import classes from './LineView.module.css'

export interface Line {
  readonly key: number | string
  readonly text: string
  readonly tone?: Tone | undefined
}

interface LineViewProps {
  readonly label: string
  readonly lines: readonly Line[]
  /** Stays at the end as lines come. */
  readonly follow: boolean
  /** Told when scrolling by hand leaves the end, or comes back to it. */
  onFollow(follow: boolean): void
  readonly empty: string
}

const lineHeight = 20
/** So near to the end counts as at the end; pixels. */
const nearPx = 24

/** Many lines of text; only those in sight are in the document. */
export function LineView({ label, lines, follow, onFollow, empty }: LineViewProps) {
  const frame = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => frame.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  })
  useEffect(() => {
    if (follow && lines.length > 0) virtualizer.scrollToIndex(lines.length - 1, { align: 'end' })
  }, [follow, lines.length, virtualizer])
  const onScroll = (event: UIEvent<HTMLDivElement>) => {
    const { scrollHeight, scrollTop, clientHeight } = event.currentTarget
    const isAtEnd = scrollHeight - scrollTop - clientHeight < nearPx
    if (isAtEnd !== follow) onFollow(isAtEnd)
  }
  return (
    // A region that scrolls is reached by the keyboard too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={frame} className={classes.frame} role="log" aria-label={label} tabIndex={0} onScroll={onScroll}>
      {lines.length === 0 && <p className={classes.empty}>{empty}</p>}
      <div className={classes.all} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const line = lines[index]
          return (
            line && (
              <div
                key={line.key}
                className={classes.line}
                data-tone={line.tone}
                style={{ transform: `translateY(${start}px)` }}
              >
                {line.text}
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}
