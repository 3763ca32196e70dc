import { Button } from '@mantine/core'
import { useTimeout } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import type { Fault } from '@slipway/base'
import type { ScriptExecution } from '@slipway/protocol'
import { useState } from 'react'
import { client } from '../../api/client.ts'
import { downloadText } from '../../ui/download-text.ts'
import { FaultNote } from '../../ui/FaultNote.tsx'

/** How long a button says that it worked; milliseconds. */
const saidMs = 1500

/** Copies the lines in view; downloads everything that the server has kept. */
export function OutputButtons({ run, text }: { run: ScriptExecution; text: () => string }) {
  const [copied, setCopied] = useState(false)
  const { start } = useTimeout(() => setCopied(false), saidMs)
  const copying = useMutation({
    mutationFn: () => navigator.clipboard.writeText(text()),
    onSuccess() {
      setCopied(true)
      start()
    },
  })
  const downloading = useMutation<unknown, Fault>({
    mutationFn: async () => downloadText(`${run.script_name} on ${run.machine_id}.log`, await readOutput(run.id)),
  })
  return (
    <>
      <Button variant="default" onClick={() => copying.mutate()}>
        {copied ? 'Copied' : copying.isError ? 'Not allowed here' : 'Copy'}
      </Button>
      <Button variant="default" loading={downloading.isPending} onClick={() => downloading.mutate()}>
        Download
      </Button>
      {downloading.error && <FaultNote fault={downloading.error} title="The output was not downloaded" />}
    </>
  )
}

/** All of it as it was written; the page itself keeps only the last lines. */
async function readOutput(id: string): Promise<string> {
  const pieces: string[] = []
  for await (const { data } of client.stream('getScriptExecutionOutput', { params: { id } })) pieces.push(data)
  return pieces.join('')
}
