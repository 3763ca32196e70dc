import { alternativeLayoutSchema, type AlternativeLayout, type InstallationError } from '@slipway/protocol'
import { z } from 'zod/mini'
import { printBytes } from '../../ui/format-bytes.ts'

/** What an error's details tell beyond its message; details come from machines of several versions, so each part may be missing. */
export interface Failure {
  readonly alternatives: readonly AlternativeLayout[]
  /** The way to the registry or machine, stage by stage (route, DNS, TCP, TLS, HTTP), to where it stopped. */
  readonly trace: readonly string[]
  /** Each server that was asked, in its own words. */
  readonly tried: readonly string[]
  readonly required: string | null
  readonly found: string | null
}

const sourceSchema = z.object({ source: z.string(), tries: z.number(), message: z.string() })
const stageSchema = z.object({ stage: z.string(), ok: z.boolean(), detail: z.catch(z.string(), '') })
const detailsSchema = z.object({
  alternatives: z.catch(z.array(alternativeLayoutSchema), []),
  tried: z.catch(z.array(stageSchema), []),
  sources: z.catch(z.array(sourceSchema), []),
  required: z.catch(z.unknown(), null),
  found: z.catch(z.unknown(), null),
})

export function readFailure({ details }: Pick<InstallationError, 'details'>): Failure {
  const { alternatives, tried, sources, required, found } = detailsSchema.parse(details)
  return {
    alternatives,
    trace: tried.map(printStage),
    tried: sources.map(printSource),
    required: text(required),
    found: text(found),
  }
}

function printSource({ source, tries, message }: z.infer<typeof sourceSchema>): string {
  return `${source}, ${tries} ${tries === 1 ? 'try' : 'tries'}: ${message}`
}

function printStage({ stage, ok, detail }: z.infer<typeof stageSchema>): string {
  return `${stage}: ${ok ? 'well' : 'stopped here'}${detail === '' ? '' : `, ${detail}`}`
}

const diskSchema = z.object({ device: z.string(), serial: z.nullable(z.string()), bytes: z.number() })

/** Required and found are a disk, a size or a word. */
function text(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const disk = diskSchema.safeParse(value)
  if (disk.success)
    return `disk ${disk.data.device} (${disk.data.serial ?? 'no serial'}), ${printBytes(disk.data.bytes)}`
  return typeof value === 'string' ? value : JSON.stringify(value)
}
