import { Button } from '@mantine/core'
import { IconAlertCircle, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import type { Finding } from '@slipway/protocol'
import { curesFor } from './cures/cures-for.ts'
import { findingsAt, useDraft } from './draft/draft.ts'
import { useShowLine } from './editor/show-line.ts'
import classes from './FindingList.module.css'

const icons = { error: IconAlertCircle, warning: IconAlertTriangle, info: IconInfoCircle } as const
const tones = { error: 'bad', warning: 'warn', info: 'busy' } as const

/** What was found, each with its cure, its place in the text, and the cures that a click carries out. */
export function FindingList({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null
  return (
    <ul className={classes.list}>
      {findings.map((finding) => (
        <FindingItem key={`${finding.code} ${finding.pointer} ${finding.line}:${finding.column}`} finding={finding} />
      ))}
    </ul>
  )
}

/** The findings of places of the config; `only` leaves out what lies below them. */
export function FindingsAt({ pointers, only = false }: { pointers: readonly string[]; only?: boolean }) {
  const draft = useDraft()
  const findings = findingsAt(draft, ...pointers)
  return <FindingList findings={only ? findings.filter(({ pointer }) => pointers.includes(pointer)) : findings} />
}

function FindingItem({ finding }: { finding: Finding }) {
  const { inventory, config, apply } = useDraft()
  const showLine = useShowLine()
  const Icon = icons[finding.severity]
  return (
    <li className={classes.item} data-tone={tones[finding.severity]}>
      <Icon size={15} aria-label={finding.severity} />
      <div>
        {finding.message} <span className="quiet">{finding.cure}</span>
        <div className={classes.actions}>
          {curesFor(finding, { inventory, config }).map(({ title, edit }) => (
            <Button key={title} size="compact-xs" variant="default" onClick={() => apply(edit)}>
              {title}
            </Button>
          ))}
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => showLine(finding)}>
            Line {finding.line}
          </Button>
        </div>
      </div>
    </li>
  )
}
