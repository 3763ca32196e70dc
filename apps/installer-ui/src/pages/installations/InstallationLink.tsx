import { Link } from '@tanstack/react-router'
import type { Installation } from '@slipway/protocol'

/** The machine's name, leading to its installation. */
export function InstallationLink({ installation: { installation_id, machine_id } }: { installation: Installation }) {
  return (
    <Link to="/installations/$installationId" params={{ installationId: installation_id }}>
      {machine_id}
    </Link>
  )
}
