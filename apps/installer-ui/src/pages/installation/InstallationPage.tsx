import { Link, useParams } from '@tanstack/react-router'
import type { Installation } from '@slipway/protocol'
import { useRoute } from '../../api/route-query.ts'
import { Dot } from '../../ui/Dot.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { installationTone } from '../../words/installation-state.ts'
import { Duration } from '../installations/Duration.tsx'
import { FailureNotice } from './FailureNotice.tsx'
import { InstallationActions } from './InstallationActions.tsx'
import { LogPanel } from './LogPanel.tsx'
import { PhaseTrack } from './PhaseTrack.tsx'
import { ProgressLine } from './ProgressLine.tsx'
import { WaterfallPanel } from './WaterfallPanel.tsx'

/** One installation: how far it is, what it says, and what to do when it fails. */
export function InstallationPage() {
  const { installationId } = useParams({ from: '/shell/installations/$installationId' })
  const installation = useRoute('getInstallation', { params: { id: installationId } })
  const { data } = installation
  return (
    <>
      <PageHeader
        title={data ? `Installing ${data.machine_id}` : 'Installation'}
        crumb={<Link to="/installations">Installations</Link>}
        beside={data && <Dot tone={installationTone[data.status]}>{data.status}</Dot>}
        actions={data && <InstallationActions installation={data} />}
      />
      <QueryView query={installation} what="the installation">
        {(row) => (
          <>
            <PhaseTrack installation={row} />
            <ProgressLine installation={row} />
            {row.progress.error && <FailureNotice installation={row} error={row.progress.error} />}
            <InstallationFacts installation={row} />
            <LogPanel installationId={row.installation_id} />
            <WaterfallPanel installation={row} />
          </>
        )}
      </QueryView>
    </>
  )
}

function InstallationFacts({ installation }: { installation: Installation }) {
  const { machine_id, image, boot_environment, created_at, created_by, progress, status } = installation
  return (
    <Panel title="What is installed">
      <Facts
        facts={[
          [
            'Machine',
            <Link key="machine" to="/machines/$machineId" params={{ machineId: machine_id }}>
              {machine_id}
            </Link>,
          ],
          ['Image', <Mono key="image" text={image.reference} />],
          ['Digest', <Mono key="digest" text={image.digest} />],
          ['Boot environment', <Mono key="be" text={boot_environment} />],
          ['Asked for', <Asked key="asked" by={created_by} at={created_at} />],
          ['Took', <Duration key="took" installation={installation} />],
          ['Confirmed', status === 'completed' ? confirmation(progress.confirmed) : null],
        ]}
      />
    </Panel>
  )
}

function confirmation(confirmed: boolean): string {
  return confirmed ? 'by the new system’s first boot' : 'not: no report of its first boot could come'
}

function Mono({ text }: { text: string }) {
  return <span className="mono">{text}</span>
}

function Asked({ by, at }: { by: string; at: string }) {
  return (
    <>
      by {by} <RelativeTime at={at} />
    </>
  )
}
