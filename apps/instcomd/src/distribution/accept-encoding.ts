import type { Encoding } from './digest-cache.ts'

/** Smallest first: taken where the client likes several equally. */
const ours: readonly Encoding[] = ['zstd', 'gzip']

/**
 * The encodings that a client asks for by name, best first; the file as it is comes after them. A `*` asks for nothing: programs
 * that send it often cannot decode. Source: RFC 9110, 12.5.3.
 */
export function parseAcceptEncoding(header: string | undefined): Encoding[] {
  const weights = new Map<string, number>()
  for (const part of (header ?? '').slice(0, 1000).split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase())
    const q = parameters.find((each) => each.startsWith('q='))?.slice(2)
    weights.set(name === 'x-gzip' ? 'gzip' : name, q === undefined ? 1 : weightOf(q))
  }
  const weight = (encoding: string) => weights.get(encoding) ?? 0
  const identity = weights.get('identity') ?? 0
  return ours.filter((each) => weight(each) > 0 && weight(each) >= identity).sort((a, b) => weight(b) - weight(a))
}

function weightOf(text: string): number {
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0
}
