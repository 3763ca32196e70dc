import { readFile } from 'node:fs/promises'
import { Fault } from '@slipway/base'
import { z } from 'zod'

const storedFenceSchema = z.object({ highest_fence: z.number().int().nonnegative(), claim_id: z.string() })

/** The highest fence that this machine has seen, and the claim that came with it. */
export type StoredFence = z.infer<typeof storedFenceSchema>

/** Reads the stored fence; none was seen yet when there is no file. Throws `internal` when the file is damaged. */
export async function readFence(file: string): Promise<StoredFence> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { highest_fence: 0, claim_id: '' }
    throw error
  }
  try {
    return storedFenceSchema.parse(JSON.parse(text))
  } catch (cause) {
    // Starting again from 0 would let a stale holder in.
    throw new Fault('internal', `${file} is damaged; remove it only when no installation runs on this machine`, {
      cause,
    })
  }
}
