import { Button } from '@mantine/core'
import { IconCertificateOff } from '@tabler/icons-react'
import type { Certificate } from '@slipway/protocol'
import { useQueryClient } from '@tanstack/react-query'
import { useAct, useList } from '../../api/route-query.ts'
import { usePageSearch } from '../../app/use-page-search.ts'
import { DataTable, type Column } from '../../ui/DataTable.tsx'
import { Dot } from '../../ui/Dot.tsx'
import { EmptyState } from '../../ui/EmptyState.tsx'
import { FaultNote } from '../../ui/FaultNote.tsx'
import { FilterBar } from '../../ui/FilterBar.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime, useNow } from '../../ui/RelativeTime.tsx'

/** Certificates that this server has given to machines, agents and itself. */
export function CertificateList() {
  const certificates = useList('listCertificates')
  const queries = useQueryClient()
  const [{ q = '' }, change] = usePageSearch()
  const revoking = useAct('revokeCertificate', {
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listCertificates'] }),
  })
  const end = ({ serial, subject, revoked_at }: Certificate) =>
    revoked_at === null && (
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`Revoke the certificate of ${subject}`}
        onClick={() => revoking.mutate({ params: { serial }, body: { reason: 'revoked by an operator' } })}
      >
        Revoke
      </Button>
    )
  return (
    <>
      <FilterBar what="subjects" search={q} onSearch={(text) => change({ q: text })} />
      {revoking.error && <FaultNote fault={revoking.error} title="The certificate was not revoked" />}
      <QueryView query={certificates} what="the certificates">
        {(rows) => (
          <DataTable
            label="Certificates"
            rows={rows.filter(({ subject }) => subject.toLowerCase().includes(q.toLowerCase()))}
            rowKey={({ serial }) => serial}
            columns={[...columns, { key: 'end', title: 'Action', width: '90px', align: 'right', cell: end }]}
            card={(row) => (
              <>
                <div className="mono clip">{row.subject}</div>
                <Validity certificate={row} /> {end(row)}
              </>
            )}
            empty={<EmptyState icon={IconCertificateOff} title="No certificate is like that" />}
          />
        )}
      </QueryView>
    </>
  )
}

const columns: readonly Column<Certificate>[] = [
  { key: 'subject', title: 'Subject', cell: ({ subject }) => <span className="mono">{subject}</span> },
  { key: 'state', title: 'Validity', width: '24%', cell: (row) => <Validity certificate={row} /> },
  { key: 'issued', title: 'Issued', width: '14%', cell: ({ issued_at }) => <RelativeTime at={issued_at} /> },
]

function Validity({ certificate: { revoked_at, not_after } }: { certificate: Certificate }) {
  const now = useNow()
  if (revoked_at !== null)
    return (
      <Dot tone="bad">
        revoked <RelativeTime at={revoked_at} />
      </Dot>
    )
  const isOver = Date.parse(not_after) < now
  return (
    <Dot tone={isOver ? 'warn' : 'good'}>
      {isOver ? 'expired' : 'expires'} <RelativeTime at={not_after} />
    </Dot>
  )
}
