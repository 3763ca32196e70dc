import { z } from 'zod'
import { parseToolJson } from '../parse-json.ts'

const outputSchema = z.object({
  signatures: z.array(z.object({ type: z.string(), uuid: z.string().nullish(), label: z.string().nullish() })),
})

/** Something recognisable at a known place of a device: a file system, a pool member, a partition table. */
export interface Signature {
  readonly type: string
  readonly uuid: string | null
  readonly label: string | null
}

/** Reads `wipefs -J --no-act DEVICE` (util-linux 2.38): one entry per type and label, in the order found. */
export function parseSignatures(output: string): Signature[] {
  if (output.trim() === '') return [] // wipefs prints nothing at all for some blank devices
  const seen = new Map<string, Signature>()
  for (const found of parseToolJson(outputSchema, output, 'wipefs').signatures) {
    const signature = { type: found.type, uuid: found.uuid ?? null, label: found.label ?? null }
    const key = `${signature.type} ${signature.label}`
    if (!seen.has(key)) seen.set(key, signature)
  }
  return [...seen.values()]
}

/** Signatures of partition tables, which are reported apart from contents. */
export const tableSignatures: ReadonlySet<string> = new Set(['gpt', 'PMBR', 'dos'])
