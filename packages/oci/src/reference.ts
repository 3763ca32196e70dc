import { Fault } from '@slipway/base'

/** A parsed image reference; `tag` and `digest` are null when the text has none (a registry is then asked for `latest`). */
export interface ImageReference {
  /** Host with its port if one was written, as `registry.example.com:5000` or `[::1]:5000`. */
  readonly registry: string
  readonly repository: string
  readonly tag: string | null
  readonly digest: string | null
}

// The grammar is that of the OCI distribution specification 1.1, "Pulling manifests", and of distribution/reference.
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const digestPattern = /^sha256:[0-9a-f]{64}$/
const hostLabel = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const hostPattern = new RegExp(`^(?:${hostLabel}(?:\\.${hostLabel})*|\\[[0-9A-Fa-f:.]+\\])(?::([0-9]{1,5}))?$`)
/** distribution/reference refuses longer repository names. */
const longestRepository = 255
/** Far above any legal reference; keeps the patterns away from endless input. */
const longestText = 1024

/**
 * Reads `oci://host[:port]/repository[:tag][@sha256:…]`, or the same without `oci://`; with neither scheme nor host the
 * registry is `defaults.registry`. Throws `image-reference-invalid` with `details.cure`. Source: machine-config.md, "image".
 */
export function parseReference(text: string, defaults: { registry?: string } = {}): ImageReference {
  if (text.length > longestText)
    throw invalid(text, `is longer than ${longestText} characters`, 'use a shorter reference')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]
  if (scheme !== undefined && scheme !== 'oci') {
    throw invalid(text, `has the scheme ${scheme}://`, `write oci://${text.slice(scheme.length + 3)}`)
  }
  const bare = scheme === undefined ? text : text.slice('oci://'.length)
  const { registry, path } = splitRegistry(text, bare, scheme !== undefined, defaults.registry)
  return { registry, ...splitPath(text, path) }
}

/** Prints the canonical form `oci://host[:port]/repository[:tag][@digest]`; parsing it gives the same reference. */
export function printReference(ref: ImageReference): string {
  const tag = ref.tag === null ? '' : `:${ref.tag}`
  const digest = ref.digest === null ? '' : `@${ref.digest}`
  return `oci://${ref.registry}/${ref.repository}${tag}${digest}`
}

function splitRegistry(
  text: string,
  bare: string,
  hasScheme: boolean,
  fallback: string | undefined,
): { registry: string; path: string } {
  const slash = bare.indexOf('/')
  const first = slash < 0 ? '' : bare.slice(0, slash)
  if (hasScheme && slash < 0) throw invalid(text, 'names no repository', 'write oci://host/repository:tag')
  if (hasScheme || looksLikeHost(first)) return { registry: parseHost(text, first), path: bare.slice(slash + 1) }
  if (fallback === undefined) {
    throw invalid(
      text,
      'names no registry and there is no default',
      'write oci://host/repository:tag, or set default_oci_registry',
    )
  }
  return { registry: parseHost(text, fallback), path: bare }
}

// Docker's rule: the first part is a host when it has a dot or a port, or is localhost.
function looksLikeHost(part: string): boolean {
  return part === 'localhost' || /[.:[]/.test(part)
}

function parseHost(text: string, host: string): string {
  const port = hostPattern.exec(host)
  if (port === null)
    throw invalid(text, `has the registry "${host}", which is not a host name`, 'write host or host:port')
  if (port[1] !== undefined && (Number(port[1]) < 1 || Number(port[1]) > 65535)) {
    throw invalid(text, `has the port ${port[1]}`, 'use a port from 1 to 65535')
  }
  return host.toLowerCase()
}

function splitPath(text: string, path: string): Omit<ImageReference, 'registry'> {
  const at = path.indexOf('@')
  const digest = at < 0 ? null : path.slice(at + 1)
  const named = at < 0 ? path : path.slice(0, at)
  const colon = named.lastIndexOf(':')
  const tag = colon < 0 ? null : named.slice(colon + 1)
  const repository = colon < 0 ? named : named.slice(0, colon)
  if (digest !== null && !digestPattern.test(digest)) {
    throw invalid(text, 'has a digest that is not sha256', 'write @sha256: and 64 lower-case hex digits')
  }
  if (tag !== null && !tagPattern.test(tag)) {
    throw invalid(
      text,
      `has the tag "${tag}"`,
      'a tag has 1 to 128 letters, digits, "_", "." or "-", and does not begin with "." or "-"',
    )
  }
  if (repository === '') throw invalid(text, 'names no repository', 'write oci://host/repository:tag')
  if (repository.length > longestRepository)
    throw invalid(text, 'has a repository name over 255 characters', 'use a shorter one')
  if (!repositoryPattern.test(repository)) {
    const cure = /[A-Z]/.test(repository)
      ? `repository names are lower case: ${repository.toLowerCase()}`
      : 'use lower-case letters and digits, with single ".", "_", "__" or "-" between them and "/" between parts'
    throw invalid(text, `has the repository name "${repository}"`, cure)
  }
  return { repository, tag, digest }
}

function invalid(text: string, problem: string, cure: string): Fault {
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text
  return new Fault('image-reference-invalid', `image reference "${shown}" ${problem}; ${cure}`, {
    details: { reference: shown, cure },
  })
}
