import { Button } from '@mantine/core'
import { toFault } from '@slipway/base'
import type { Machine } from '@slipway/protocol'
import { useState } from 'react'
import { forgetClaim, keepClaim, useKeptClaim } from '../../api/kept-claims.ts'
import { useAct } from '../../api/route-query.ts'
import { useMay } from '../../api/session.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { ConsoleCode } from './ConsoleCode.tsx'

/** Who holds the machine, until when, and what this browser may do about it. */
export function ClaimPanel({ machine }: { machine: Machine }) {
  const { machine_id, claim } = machine
  const kept = useKeptClaim(machine_id)
  const [code, setCode] = useState('')
  const params = { machine_id }
  const claiming = useAct('claimMachine', { onSuccess: (taken) => keepClaim(machine_id, taken) })
  const renewing = useAct('renewClaim', { onSuccess: (taken) => keepClaim(machine_id, taken) })
  const releasing = useAct('releaseClaim', { onSuccess: () => forgetClaim(machine_id) })
  const mayOperate = useMay('operate')
  const mine = kept !== undefined && claim !== null
  const waitsForCode = machine.enrolment === 'code'
  const fault = claiming.error ?? renewing.error ?? releasing.error
  return (
    <Panel
      title="Claim"
      actions={
        mayOperate && (
          <>
            {claim === null && (
              <Button
                onClick={() => claiming.mutate({ params, body: code === '' ? {} : { code } })}
                loading={claiming.isPending}
                disabled={waitsForCode && code === ''}
              >
                Claim
              </Button>
            )}
            {mine && (
              <>
                <Button
                  variant="default"
                  onClick={() => renewing.mutate({ params, body: { claim_id: kept } })}
                  loading={renewing.isPending}
                >
                  Renew
                </Button>
                <Button
                  variant="default"
                  onClick={() => releasing.mutate({ params, body: { claim_id: kept } })}
                  loading={releasing.isPending}
                >
                  Release
                </Button>
              </>
            )}
          </>
        )
      }
    >
      {fault && <FaultNote fault={toFault(fault)} title="The claim did not change" />}
      {claim === null ? (
        <p className="quiet" style={{ margin: 0 }}>
          Nobody holds this machine. A claim keeps others from installing it while you prepare.
        </p>
      ) : (
        <Facts
          facts={[
            ['Holder', mine ? `${claim.holder} (this browser)` : claim.holder],
            ['Since', <RelativeTime key="since" at={claim.claimed_at} />],
            [
              'Until',
              claim.expires_at === null ? 'the installation ends' : <RelativeTime key="until" at={claim.expires_at} />,
            ],
          ]}
        />
      )}
      {waitsForCode && claim === null && <ConsoleCode code={code} onChange={setCode} />}
    </Panel>
  )
}
