import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Installation, InstallationError } from '@slipway/protocol'
import { useMay } from '../../api/session.ts'
import type { Failure } from './read-failure.ts'

interface RemedyButtonsProps {
  readonly installation: Installation
  readonly error: InstallationError
  readonly failure: Failure
}

/** The ways out of a failure that are a click away. */
export function RemedyButtons({ installation, error, failure }: RemedyButtonsProps) {
  const mayOperate = useMay('operate')
  if (!mayOperate || installation.status !== 'failed') return null
  const machine = installation.machine_id
  const from = installation.installation_id
  return (
    <>
      {failure.alternatives.slice(0, 3).map((layout, index) => (
        <Button
          key={layout.title}
          variant="default"
          renderRoot={(props) => (
            <Link to="/install/storage" search={{ machine, from, alternative: String(index) }} {...props} />
          )}
        >
          {layout.title}
        </Button>
      ))}
      <Button
        variant="default"
        renderRoot={(props) => <Link to={stepFor(error)} search={{ machine, from }} {...props} />}
      >
        {error.kind === 'disk' ? 'Choose other disks' : 'Change the config and install again'}
      </Button>
    </>
  )
}

/** The wizard's step that holds what has to change. */
function stepFor({ kind, code }: InstallationError) {
  if (code.startsWith('registry-')) return '/install/storage' // the image is chosen there
  if (kind === 'image' || kind === 'authentication' || kind === 'disk') return '/install/storage'
  return kind === 'network' ? '/install/network' : '/install/review'
}
