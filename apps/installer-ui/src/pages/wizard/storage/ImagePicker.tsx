import { Autocomplete } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconCircleCheck } from '@tabler/icons-react'
import { toFault } from '@slipway/base'
import { useState } from 'react'
import { useList, useRoute } from '../../../api/route-query.ts'
import { FaultNote } from '../../../ui/FaultNote.tsx'
import { printBytes } from '../../../ui/format-bytes.ts'
import { Notice } from '../../../ui/Notice.tsx'
import { Panel } from '../../../ui/Panel.tsx'
import { FindingsAt } from '../FindingList.tsx'
import { useDraft } from '../draft/draft.ts'

/** The registry is asked when nobody has typed for this long. */
const pauseMs = 500

/** Which system: a reference into a registry, looked up while it is typed. */
export function ImagePicker() {
  const { config, set } = useDraft()
  const written = config?.image ?? ''
  const [typed, setTyped] = useState<string | null>(null)
  const shown = typed ?? withoutScheme(written)
  const [asked] = useDebouncedValue(shown, pauseMs)
  const installations = useList('listInstallations')
  const known = [...new Set((installations.data ?? []).map(({ image }) => withoutScheme(image.reference)))]
  return (
    <Panel title="Image">
      <Autocomplete
        label="Reference"
        description="registry/repository:tag or @digest; tags are pinned to a digest when you review"
        data={known}
        value={shown}
        onChange={(next) => {
          setTyped(next)
          set('/image', `oci://${withoutScheme(next)}`)
        }}
        onBlur={() => setTyped(null)}
        classNames={{ input: 'mono' }}
        spellCheck={false}
        autoCapitalize="off"
      />
      {asked !== '' && <ImageAnswer reference={`oci://${asked}`} />}
      <FindingsAt pointers={['/image']} />
    </Panel>
  )
}

function ImageAnswer({ reference }: { reference: string }) {
  const { machineId } = useDraft()
  const { data, error, isFetching, refetch } = useRoute('checkImage', { body: { reference, machine_id: machineId } })
  if (error)
    return (
      <div style={{ marginTop: 10 }}>
        <FaultNote fault={toFault(error)} title="The image was not found" onRetry={() => void refetch()} />
      </div>
    )
  if (isFetching || !data)
    return (
      <p className="quiet" role="status" style={{ margin: '10px 0 0', fontSize: '0.8125rem' }}>
        Asking the registry…
      </p>
    )
  return (
    <div style={{ marginTop: 10 }}>
      <Notice
        tone={data.fits === false ? 'bad' : 'good'}
        icon={IconCircleCheck}
        title={data.fits === false ? 'Made for other machines than this one' : 'There, and made for this machine'}
      >
        <div className="mono" style={{ overflowWrap: 'anywhere' }}>
          {data.digest}
        </div>
        {printBytes(data.bytes)} ·{' '}
        {data.platforms
          .map(({ os, architecture, variant }) => [os, architecture, variant].filter(Boolean).join('/'))
          .join(', ')}
      </Notice>
    </div>
  )
}

function withoutScheme(reference: string): string {
  return reference.replace(/^oci:\/\//u, '')
}
