import { checkConfig, setValue } from '@slipway/machine-config'
import type { Finding, Inventory } from '@slipway/protocol'
import { useDebouncedValue } from '@mantine/hooks'
import { useMemo, useState, type ReactNode } from 'react'
import { useRoute } from '../../../api/route-query.ts'
import { DraftContext, type Draft } from './draft.ts'
import { keepDraft, readDraft } from './kept-draft.ts'

interface DraftProviderProps {
  readonly machineId: string
  readonly inventory: Inventory
  /** What a new draft begins with. */
  readonly first: () => string
  /** Under which name this browser keeps it. */
  readonly keptAs: string
  readonly children: ReactNode
}

/** The server looks at the draft when nobody has typed for this long: it knows the image and who answers on the network. */
const pauseMs = 600

/** Holds a draft, checked for one machine; kept in this browser until it is installed. */
export function DraftProvider({ machineId, inventory, first, keptAs, children }: DraftProviderProps) {
  const [text, change] = useState(() => readDraft(keptAs) ?? first())
  const [refusal, setRefusal] = useState<string | null>(null)
  const local = useMemo(() => checkConfig(text, { inventory }), [text, inventory])
  const findings = useServerFindings(machineId, text, local.findings)
  const setText = (next: string) => {
    change(next)
    setRefusal(null)
    keepDraft(keptAs, next)
  }
  const apply: Draft['apply'] = (edit) => {
    const edited = edit(text)
    if (edited.ok) setText(edited.value)
    else setRefusal(edited.error.map(({ message }) => message).join(' '))
  }
  const check = { ...local, findings }
  const set: Draft['set'] = (pointer, value) => apply((old) => setValue(old, pointer, value))
  const reset = () => setText(first())
  const draft: Draft = { machineId, inventory, text, setText, check, config: local.config, apply, set, refusal, reset }
  return <DraftContext value={draft}>{children}</DraftContext>
}

/** Adds what only the server can find (image, addresses in use), once it has looked at this very text. */
function useServerFindings(machineId: string, text: string, local: Finding[]): Finding[] {
  const [settled] = useDebouncedValue(text, pauseMs)
  const body = { kdl: settled, machine_id: machineId }
  const { data } = useRoute('checkConfig', { body }, { enabled: settled === text })
  return useMemo(() => {
    if (settled !== text || !data) return local
    const known = new Set(local.map(keyOf))
    return [...local, ...data.findings.filter((finding) => !known.has(keyOf(finding)))]
  }, [settled, text, data, local])
}

function keyOf({ code, pointer, line, column }: Finding): string {
  return `${code} ${pointer} ${line}:${column}`
}
