import type { InstallationError } from '@slipway/protocol'

/** One server that was asked, as `details.sources` lists it: the registry first, then its mirrors. */
export interface AskedSource {
  readonly source: string
  readonly tries: number
  readonly code: string
  /** The last failure there, with the server's own words. */
  readonly message: string
}

type Details = InstallationError['details']

/**
 * What is to be said about an error on the way to a registry or a machine: where it stopped (`details.stopped_at`, the first
 * failed stage of `details.tried`), which servers were asked (`details.sources`), and what the registry answered.
 */
export function registryWords(details: Details): { words: string[]; details: Details } {
  const stages = listOf(details['tried']).filter((stage) => typeof stage['stage'] === 'string')
  const stopped = stages.find((stage) => stage['ok'] === false)
  const sources = askedSources(details['attempts'])
  const said = details['registry_message']
  return {
    words: [
      ...(stopped ? [`It stopped at ${textOf(stopped['stage'])}: ${textOf(stopped['detail'])}.`] : []),
      ...(stages.length > 0 && !stopped ? ['Every stage of the way works again by now.'] : []),
      ...(typeof said === 'string' && said !== '' ? [`The registry’s own words: “${said}”.`] : []),
      ...mirrorWords(sources),
    ],
    details: {
      ...(stages.length > 0 && { stopped_at: stopped ? textOf(stopped['stage']) : null }),
      ...(sources.length > 0 && { sources }),
    },
  }
}

function mirrorWords(sources: readonly AskedSource[]): string[] {
  if (sources.length === 0) return []
  const [, ...mirrors] = sources
  if (mirrors.length === 0) return ['No mirror is configured for it.']
  return [`The mirrors failed too: ${mirrors.map(({ source, message }) => `${source} (${message})`).join('; ')}.`]
}

function askedSources(attempts: unknown): AskedSource[] {
  const sources = new Map<string, AskedSource>()
  for (const attempt of listOf(attempts)) {
    const source = textOf(attempt['source'])
    const tries = (sources.get(source)?.tries ?? 0) + 1
    sources.set(source, { source, tries, code: textOf(attempt['code']), message: textOf(attempt['message']) })
  }
  return [...sources.values()]
}

/** Details came over a wire as anything. */
function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one: unknown) => (typeof one === 'object' && one !== null ? [{ ...one }] : []))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
