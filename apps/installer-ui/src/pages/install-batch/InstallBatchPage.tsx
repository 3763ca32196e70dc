import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { Link, useParams } from '@tanstack/react-router'
import type { WholeInstallBatch } from '@slipway/protocol'
import { useRoute } from '../../api/route-query.ts'
import { downloadText } from '../../ui/download-text.ts'
import { PageHeader } from '../../ui/PageHeader.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { QueryView } from '../../ui/QueryView.tsx'
import { RelativeTime } from '../../ui/RelativeTime.tsx'
import { ShareBar } from '../../ui/ShareBar.tsx'
import { batchShares } from '../install-batches/batch-shares.ts'
import { AgainButton } from './AgainButton.tsx'
import { BatchMachines } from './BatchMachines.tsx'
import { CancelBatch } from './CancelBatch.tsx'
import classes from './InstallBatchPage.module.css'

/** One batch: all its machines on one page, live. */
export function InstallBatchPage() {
  const { batchId } = useParams({ strict: false })
  const batch = useRoute('getInstallBatch', { params: { id: batchId ?? '' } })
  return (
    <>
      <PageHeader
        title={batch.data?.name ?? 'Install batch'}
        crumb={<Link to="/install-batches">Install batches</Link>}
        beside={batch.data && <span className="quiet numbers">{batch.data.machines_total} machines</span>}
        actions={
          batch.data && (
            <>
              <AgainButton batch={batch.data} />
              <CancelBatch batch={batch.data} />
            </>
          )
        }
      />
      <QueryView query={batch} what="the install batch">
        {(found) => <Batch batch={found} />}
      </QueryView>
    </>
  )
}

function Batch({ batch }: { batch: WholeInstallBatch }) {
  const { name, created_by, created_at, kdl } = batch
  return (
    <>
      <p className="quiet" style={{ margin: '-8px 0 14px', fontSize: '0.8125rem' }}>
        Asked for by {created_by}, <RelativeTime at={created_at} />
      </p>
      <ShareBar shares={batchShares(batch)} />
      <div style={{ marginBottom: 16 }}>
        <BatchMachines batch={batch} />
      </div>
      <Panel
        title="Config of them all"
        actions={
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            leftSection={<IconDownload size={14} aria-hidden />}
            onClick={() => downloadText(`${name}.kdl`, kdl)}
          >
            Download
          </Button>
        }
      >
        {/* Scrolls sideways and down: with a place in the tab order, so that keys can scroll it too. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <pre className={classes.text} tabIndex={0} aria-label="Config of them all">
          {kdl}
        </pre>
      </Panel>
    </>
  )
}
