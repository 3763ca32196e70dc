import { Link, useParams } from '@tanstack/react-router'
import { agentAddresses, type Guest } from '@slipway/protocol'
import { useRoute } from '../../api/route-query.ts'
import { Dot } from '../../ui/Dot.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { printSpan } from '../../ui/format-time.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { guestTone } from '../../words/guest-state.ts'
import { ConnectHelp } from './ConnectHelp.tsx'
import { FilesystemsPanel } from './FilesystemsPanel.tsx'
import { GuestActions } from './GuestActions.tsx'
import classes from './GuestPage.module.css'
import { GuestRuns } from './GuestRuns.tsx'
import { HealthPanel } from './HealthPanel.tsx'
import { MetricsPanel } from './MetricsPanel.tsx'
import { ProcessesPanel } from './ProcessesPanel.tsx'
import { ServicesPanel } from './ServicesPanel.tsx'
import { TagsPanel } from './TagsPanel.tsx'

/** One machine's agent: its link, what it measures, what ran on it. */
export function GuestPage() {
  const { guestId } = useParams({ from: '/shell/guests/$guestId' })
  const guest = useRoute('getGuest', { params: { id: guestId } })
  return (
    <>
      <PageHeader
        title={guest.data?.name ?? guestId}
        crumb={<Link to="/guests">Guests</Link>}
        beside={guest.data && <Dot tone={guestTone[guest.data.state]}>{guest.data.state}</Dot>}
        actions={guest.data && <GuestActions guest={guest.data} />}
      />
      <QueryView query={guest} what="the guest">
        {(row) => (
          <>
            <ConnectHelp guest={row} />
            <div className={classes.columns}>
              <div>
                <MetricsPanel guest={row} />
                <GuestRuns guestId={row.machine_id} />
                <ProcessesPanel guest={row} />
                <ServicesPanel guest={row} />
              </div>
              <div>
                <GuestFacts guest={row} />
                <TagsPanel guest={row} />
                <HealthPanel guest={row} />
                <FilesystemsPanel guest={row} />
              </div>
            </div>
          </>
        )}
      </QueryView>
    </>
  )
}

function GuestFacts({ guest }: { guest: Guest }) {
  const { link, agent_version, protocol, platform, arch, signed, connected_since, last_contact, metrics } = guest
  const system = metrics?.data.system.system
  return (
    <Panel title="Agent">
      <Facts
        facts={[
          ['Machine', <MachineLink key="machine" guest={guest} />],
          ['System', system?.name ?? platform],
          ['Kernel', system?.kernel_version],
          ['Architecture', arch],
          ['Addresses', metrics && agentAddresses(metrics.data).join(', ')],
          ['Up for', system && printSpan(system.uptime_seconds)],
          ['Agent', agent_version],
          ['Protocol', protocol],
          ['Link', link],
          ['Lines', signed ? 'signed with this machine’s secret' : 'not signed'],
          ['Connected', connected_since && <RelativeTime key="since" at={connected_since} />],
          ['Last contact', <RelativeTime key="last" at={last_contact} />],
        ]}
      />
    </Panel>
  )
}

function MachineLink({ guest: { machine_id, state } }: { guest: Guest }) {
  if (state === 'unadopted') return machine_id
  return (
    <Link to="/machines/$machineId" params={{ machineId: machine_id }}>
      {machine_id}
    </Link>
  )
}
