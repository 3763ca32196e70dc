import { Button } from '@mantine/core'
import { IconDownload, IconUpload } from '@tabler/icons-react'
import { useRef } from 'react'
import { downloadText } from '../../../ui/download-text.ts'
import { Panel } from '../../../ui/Panel.tsx'
import { useDraft } from '../draft/draft.ts'
import { KdlEditor } from './KdlEditor.tsx'
import type { Place } from './show-line.ts'
import { OtherFindings } from './OtherFindings.tsx'

/** The config's text: typed, taken from a file, or saved as one. */
export function TextPanel({ goTo }: { goTo: Place | null }) {
  const { text, setText, machineId } = useDraft()
  const file = useRef<HTMLInputElement>(null)
  return (
    <Panel
      title="KDL"
      flush
      actions={
        <>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            leftSection={<IconUpload size={14} aria-hidden />}
            onClick={() => file.current?.click()}
          >
            Upload
          </Button>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            leftSection={<IconDownload size={14} aria-hidden />}
            onClick={() => downloadText(`${machineId}.kdl`, text)}
          >
            Download
          </Button>
          <input
            ref={file}
            type="file"
            accept=".kdl,text/plain"
            hidden
            aria-label="A config to upload"
            onChange={(event) => {
              const { currentTarget } = event
              void currentTarget.files?.[0]?.text().then(setText)
              currentTarget.value = ''
            }}
          />
        </>
      }
    >
      <KdlEditor goTo={goTo} />
      <OtherFindings />
    </Panel>
  )
}
