import { err, ok, type Result } from '@slipway/base'

/** What keeps a text from being an image reference, and how to mend it. */
export interface ReferenceMistake {
  readonly code: 'image-reference-illegal' | 'image-host-missing'
  readonly message: string
  readonly cure: string
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const hostPattern = new RegExp(`^(?:\\[[0-9a-f:.]+\\]|${label}(?:\\.${label})*)(?::\\d{1,5})?$`, 'iu')

interface Split {
  readonly scheme: boolean
  readonly host: string | undefined
  readonly rest: string
}

/** Writes a reference canonically: `oci://host[:port]/repo[:tag][@digest]`; without a known host as it was written. */
export function canonicalImage(written: string, defaultRegistry: string | undefined): string {
  if (written === '') return ''
  const { host, rest } = splitHost(written)
  if (rest === '' || otherScheme(written) !== undefined) return written
  if (host !== undefined) return `oci://${host.toLowerCase()}/${rest}`
  const registry = registryName(defaultRegistry)
  return registry === undefined ? written : `oci://${registry}/${rest}`
}

/**
 * Checks a reference by the OCI distribution specification ("Pulling manifests": names, tags) and the OCI image
 * specification ("Digests"). A first part with a dot, a colon or `localhost` is a host, as every client reads it;
 * after `oci://` the first part always is.
 */
export function checkImageReference(written: string): Result<null, ReferenceMistake> {
  // Far above any legal reference; keeps endless text away from the patterns.
  if (written.length > 1024) return mistake('is longer than 1024 characters', 'Use a shorter reference.')
  const scheme = otherScheme(written)
  if (scheme !== undefined) {
    return mistake(`has the scheme ${scheme}`, `Write oci://${written.slice(scheme.length)}.`)
  }
  const split = splitHost(written)
  if (split.rest === '') return mistake('names no repository', 'Write oci://host/repository:tag.')
  const named = checkName(split.rest)
  if (!named.ok) return named
  if (split.host === undefined) {
    return err({
      code: 'image-host-missing',
      message: `The image \`${written.slice(0, 200)}\` names no registry, and no default registry is known here.`,
      cure: `Write oci://registry.example.com/${split.rest}, or set default_oci_registry in the configuration.`,
    })
  }
  if (!hostPattern.test(split.host)) {
    return mistake('has a host that is none', 'Write oci://host[:port]/repository:tag.')
  }
  const port = /:(\d+)$/u.exec(split.host)?.[1]
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    return mistake(`has the port ${port}`, 'A port is a number from 1 to 65535.')
  }
  return ok(null)
}

function checkName(rest: string): Result<null, ReferenceMistake> {
  const [named = '', digest, ...more] = rest.split('@')
  if (more.length > 0) return mistake('has more than one @', 'Write one digest: …@sha256:<64 hex digits>.')
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/u.test(digest)) {
    return mistake('has an illegal digest', 'A digest is sha256: and 64 lower-case hex digits.')
  }
  const colon = named.lastIndexOf(':')
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  const repository = colon < 0 ? named : named.slice(0, colon)
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/u.test(tag)) {
    return mistake('has an illegal tag', 'A tag has letters, digits, _ . - and at most 128 of them.')
  }
  if (repository.length > 255) return mistake('has a repository name over 255 characters', 'Write a shorter name.')
  const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/u
  if (repository.split('/').every((part) => component.test(part))) return ok(null)
  const lower = repository.toLowerCase()
  const cure = lower.split('/').every((part) => component.test(part))
    ? `Write it in lower case: ${lower}.`
    : 'A repository has lower-case letters and digits, with . _ - between them, in parts divided by /.'
  return mistake('has an illegal repository name', cure)
}

function mistake(what: string, cure: string): { ok: false; error: ReferenceMistake } {
  return err({ code: 'image-reference-illegal', message: `The image reference ${what}.`, cure })
}

/** The scheme of a reference that has one other than oci://. */
function otherScheme(written: string): string | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//iu.exec(written)?.[0]
  return scheme?.toLowerCase() === 'oci://' ? undefined : scheme
}

function splitHost(written: string): Split {
  const scheme = /^oci:\/\//iu.test(written)
  const body = scheme ? written.slice('oci://'.length) : written
  const slash = body.indexOf('/')
  if (slash < 0) return scheme ? { scheme, host: body, rest: '' } : { scheme, host: undefined, rest: body }
  const first = body.slice(0, slash)
  const isHost = scheme || /[.:]/u.test(first) || first === 'localhost'
  return isHost ? { scheme, host: first, rest: body.slice(slash + 1) } : { scheme, host: undefined, rest: body }
}

/** `default_oci_registry` is a host, written with or without scheme and slash. */
function registryName(registry: string | undefined): string | undefined {
  const name = registry?.replace(/^(?:oci|https?):\/\//iu, '').replace(/\/+$/u, '')
  return name === '' ? undefined : name
}
