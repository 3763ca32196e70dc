import { IconAlertTriangle } from '@tabler/icons-react'
import type { Installation, InstallationError } from '@slipway/protocol'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { Notice } from '../../ui/Notice.tsx'
import { readFailure } from './read-failure.ts'
import { RemedyButtons } from './RemedyButtons.tsx'

/** Why an installation failed: the cause in a sentence, what was tried, and the ways out. */
export function FailureNotice({ installation, error }: { installation: Installation; error: InstallationError }) {
  const failure = readFailure(error)
  return (
    <Notice
      tone={installation.status === 'failed' ? 'bad' : 'warn'}
      icon={IconAlertTriangle}
      title={error.message}
      actions={<RemedyButtons installation={installation} error={error} failure={failure} />}
    >
      <p style={{ margin: '4px 0 8px' }}>{error.cure}</p>
      <Facts
        facts={[
          ['Way there', failure.trace.length > 0 ? <Lines key="trace" lines={failure.trace} /> : null],
          ['Tried', failure.tried.length > 0 ? <Lines key="tried" lines={failure.tried} /> : null],
          ['Required', failure.required],
          ['Found', failure.found],
        ]}
      />
      <div className="quiet" style={{ display: 'flex', alignItems: 'center', gap: 6, marginTop: 6 }}>
        <span className="mono">
          {error.code} ({error.kind}) {installation.installation_id}
        </span>
        <CopyButton
          text={JSON.stringify({ ...error, installation_id: installation.installation_id })}
          what="the error"
        />
      </div>
    </Notice>
  )
}

function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <>
      {lines.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </>
  )
}
