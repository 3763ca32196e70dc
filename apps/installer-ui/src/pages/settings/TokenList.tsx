import { Button } from '@mantine/core'
import { IconKeyOff } from '@tabler/icons-react'
import type { EnrolmentToken } from '@slipway/protocol'
import { useQueryClient } from '@tanstack/react-query'
import { useAct, useList } from '../../api/route-query.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'

/** Tokens by which machines of live media enrol. */
export function TokenList() {
  const tokens = useList('listEnrolmentTokens')
  const queries = useQueryClient()
  const revoking = useAct('revokeEnrolmentToken', {
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listEnrolmentTokens'] }),
  })
  const end = (id: string) => (
    <Button
      size="compact-xs"
      variant="default"
      onClick={() => revoking.mutate({ params: { id } })}
      aria-label={`Revoke ${id}`}
    >
      Revoke
    </Button>
  )
  const columns: readonly Column<EnrolmentToken>[] = [
    { key: 'id', title: 'Token', cell: ({ id }) => <span className="mono">{id}</span> },
    { key: 'used', title: 'Machines', width: '14%', cell: ({ used, max_machines }) => `${used} of ${max_machines}` },
    {
      key: 'networks',
      title: 'Networks',
      width: '20%',
      cell: ({ allowed_networks }) => allowed_networks.join(', ') || 'any',
    },
    { key: 'until', title: 'Valid until', width: '14%', cell: ({ expires_at }) => <RelativeTime at={expires_at} /> },
    { key: 'end', title: 'Action', width: '90px', align: 'right', cell: ({ id }) => end(id) },
  ]
  return (
    <>
      {revoking.error && <FaultNote fault={revoking.error} title="The token was not revoked" />}
      <QueryView query={tokens} what="the enrolment tokens">
        {(rows) => (
          <DataTable
            label="Enrolment tokens"
            rows={rows}
            rowKey={({ id }) => id}
            columns={columns}
            card={({ id, used, max_machines, expires_at }) => (
              <>
                <div className="mono clip">{id}</div>
                <div className="quiet">
                  {used} of {max_machines} machines · until <RelativeTime at={expires_at} /> {end(id)}
                </div>
              </>
            )}
            empty={
              <EmptyState icon={IconKeyOff} title="No token is in force">
                <code>./slipway live-image build</code> makes one and puts it on the medium.
              </EmptyState>
            }
          />
        )}
      </QueryView>
    </>
  )
}
