import { parseSize } from './size.ts'

export type DiskSelector =
  | { readonly key: 'serial' | 'wwn'; readonly value: string }
  | { readonly key: 'size'; readonly comparison: '>=' | '<=' | '>' | '<' | '='; readonly bytes: number }
  | { readonly key: 'rotational'; readonly value: boolean }

/** A disk as a config names it: by a name that the machine reports, or by what it has to be. */
export type DiskName =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'selector'; readonly terms: readonly DiskSelector[] }

export const selectorKeys = ['serial', 'wwn', 'size', 'rotational'] as const

/** Divides "rotational:no size:>=400G" into its terms: a new one begins at a known key. */
const betweenTerms = /[\s,]+(?=(?:serial|wwn|size|rotational):)/u

/**
 * Reads how a config names a disk; undefined if it can name none. Sizes of disks are powers of 1000, as on their
 * labels (`GiB` is 1024³), and `size:400G` without a comparison fits within one per cent.
 */
export function parseDiskName(text: string): DiskName | undefined {
  if (text.length > 256 || /[\u0000-\u001f\u007f]/u.test(text) || text.trim() !== text || text === '') return undefined
  const key = /^([a-z]+):/u.exec(text)?.[1]
  if (key === undefined || text.startsWith('/')) return isPlainName(text) ? { kind: 'name', name: text } : undefined
  const terms = text.split(betweenTerms).map(parseTerm)
  const read = terms.filter((term) => term !== undefined)
  return read.length === terms.length ? { kind: 'selector', terms: read } : undefined
}

function isPlainName(text: string): boolean {
  if (!text.startsWith('/')) return !text.includes('/')
  return /^\/dev(?:\/[^/]+)+$/u.test(text) && !text.split('/').some((part) => part === '..' || part === '.')
}

function parseTerm(term: string): DiskSelector | undefined {
  const colon = term.indexOf(':')
  const key = term.slice(0, colon)
  const value = term.slice(colon + 1).trim()
  if (value === '') return undefined
  if (key === 'serial' || key === 'wwn') return { key, value }
  if (key === 'rotational') return parseRotational(value)
  return key === 'size' ? parseSizeTerm(value) : undefined
}

function parseRotational(value: string): DiskSelector | undefined {
  if (value === 'yes' || value === 'true') return { key: 'rotational', value: true }
  return value === 'no' || value === 'false' ? { key: 'rotational', value: false } : undefined
}

function parseSizeTerm(value: string): DiskSelector | undefined {
  const match = /^(>=|<=|>|<|=)?\s*(\S+)$/u.exec(value)
  if (!match?.[2]) return undefined
  const bytes = parseDiskSize(match[2])
  if (bytes === undefined) return undefined
  // Safe: the pattern lets nothing else through.
  return { key: 'size', comparison: (match[1] ?? '=') as '>=' | '<=' | '>' | '<' | '=', bytes }
}

const decimal: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 }

function parseDiskSize(text: string): number | undefined {
  if (/i(?:B)?$/u.test(text)) return parseSize(text.replace(/i$/u, 'iB'))
  const match = /^(\d{1,15}(?:\.\d{1,3})?)([KMGTP]?)B?$/iu.exec(text)
  if (!match?.[1]) return undefined
  return Math.round(Number(match[1]) * (decimal[(match[2] ?? '').toUpperCase()] ?? 1))
}
