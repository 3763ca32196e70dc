import { Anchor } from '@mantine/core'
import { IconMapOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { EmptyState } from '../ui/EmptyState.tsx'

/** No page has this address. */
export function NotFoundPage() {
  return (
    <EmptyState icon={IconMapOff} title="There is no page at this address">
      <Anchor component={Link} to="/machines">
        Go to the machines
      </Anchor>
    </EmptyState>
  )
}
