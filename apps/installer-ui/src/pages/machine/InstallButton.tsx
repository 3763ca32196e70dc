import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Machine } from '@slipway/protocol'
import { useKeptClaim } from '../../api/kept-claims.ts'
import { useMay } from '../../api/session.ts'
import { whyNotInstall } from '../../words/why-not-install.ts'

/** Leads into the wizard, or to the installation that runs; says why where neither can be. */
export function InstallButton({ machine }: { machine: Machine }) {
  const { machine_id, status, installation_id } = machine
  const mayOperate = useMay('operate')
  const holdsClaim = useKeptClaim(machine_id) !== undefined
  const why = whyNotInstall(machine, holdsClaim)
  if (status === 'installing' && installation_id !== null)
    return (
      <Button
        renderRoot={(props) => (
          <Link to="/installations/$installationId" params={{ installationId: installation_id }} {...props} />
        )}
      >
        Watch the installation
      </Button>
    )
  if (!mayOperate) return null
  if (why !== null) return <span className="quiet">Not installable now: {why}</span>
  return (
    <Button renderRoot={(props) => <Link to="/install/storage" search={{ machine: machine_id }} {...props} />}>
      Install…
    </Button>
  )
}
