import { SegmentedControl, VisuallyHidden } from '@mantine/core'
import { IconLayoutGrid, IconList } from '@tabler/icons-react'
import { usePhone } from '../../ui/use-phone.ts'
import classes from './ViewSwitch.module.css'

/** Rows or cards; a phone has cards anyway. */
export function ViewSwitch({
  view,
  onChange,
}: {
  view: string | undefined
  onChange: (view: string | undefined) => void
}) {
  if (usePhone()) return null
  return (
    <SegmentedControl
      className={classes.switch}
      size="xs"
      aria-label="View"
      value={view === 'cards' ? 'cards' : 'rows'}
      onChange={(chosen) => onChange(chosen === 'cards' ? 'cards' : undefined)}
      data={[
        { value: 'rows', label: choice('Rows', IconList) },
        { value: 'cards', label: choice('Cards', IconLayoutGrid) },
      ]}
    />
  )
}

function choice(name: string, Icon: typeof IconList) {
  return (
    <>
      <Icon size={15} aria-hidden style={{ display: 'block' }} />
      <VisuallyHidden>{name}</VisuallyHidden>
    </>
  )
}
