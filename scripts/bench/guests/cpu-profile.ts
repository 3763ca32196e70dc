import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  /** Microseconds of the same clock as the deltas. */
  startTime: z.number(),
  endTime: z.number(),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
})

/**
 * Functions by their own time in the last seconds of the newest profile that `node --cpu-prof` left in a folder: what comes
 * before is the start of the program. Null when there is no profile.
 */
export function readHotFunctions(
  folder: string,
  input: { lastSeconds: number; count: number },
): { share: number; name: string }[] | null {
  const [file] = readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .toSorted()
    .toReversed()
  if (file === undefined) return null
  const profile = profileSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')))
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const own = new Map<string, number>()
  const from = profile.endTime - input.lastSeconds * 1e6
  let now = profile.startTime
  let busy = 0
  profile.samples.forEach((id, index) => {
    const name = names.get(id) ?? '?'
    const micros = profile.timeDeltas[index] ?? 0
    now += micros
    if (now < from || name.startsWith('(idle)')) return
    busy += micros
    own.set(name, (own.get(name) ?? 0) + micros)
  })
  return [...own]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, input.count)
    .map(([name, micros]) => ({ share: micros / busy, name }))
}

function nameOf({ functionName, url, lineNumber }: { functionName: string; url: string; lineNumber: number }): string {
  const place = url.replace(/^.*\/(?=(apps|packages|node_modules)\/)/, '')
  return `${functionName || '(anonymous)'} ${place}${place === '' ? '' : `:${lineNumber + 1}`}`
}
