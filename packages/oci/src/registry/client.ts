import { Fault, isFault, silentLogger } from '@slipway/base'
import type { ResolvedImage } from '@slipway/protocol'
import type { ImageReference } from '../reference.ts'
import { trySources, type RetryEvent } from './attempts.ts'
import { streamBlob } from './blob-stream.ts'
import { fetchConfig, fetchManifest } from './document.ts'
import { defaultIdleTimeoutMs, type RegistryClientOptions } from './options.ts'
import type { Platform } from './platform.ts'
import { probeRegistry } from './probe-registry.ts'
import { inspectImage, resolveImage, type ImageReader, type ImageSummary } from './resolve.ts'
import { documentRetry, layerRetry, systemClock } from './retry-policy.ts'
import { makeSource, type Source } from './source.ts'

/** What may accompany a blob's stream. */
export interface BlobOptions {
  readonly signal: AbortSignal
  /** Called per chunk: bytes handed on so far, and bytes received in all (more than the former after a restart without Range). */
  onProgress?(bytesSoFar: number, fromWire: number): void
  onRetry?(event: RetryEvent): void
}

/** Reads images from registries: the registry that the reference names first, then its mirrors in order. */
export interface RegistryClient {
  /** Finds the manifest and configuration for a platform; digests verified, sizes bounded. */
  resolve(ref: ImageReference, platform: Platform, signal: AbortSignal): Promise<ResolvedImage>
  /** Tells what a reference points at, without choosing a platform. */
  inspect(ref: ImageReference, signal: AbortSignal): Promise<ImageSummary>
  /** Streams a blob as it arrives; the digest is checked at the end, so undo what you did when the last step throws. */
  openBlob(
    ref: ImageReference,
    descriptor: { digest: string; size: number },
    options: BlobOptions,
  ): AsyncIterable<Uint8Array>
  /** Closes idle connections; the client can still be used. */
  close(): void
}

/**
 * Makes a client; connections and tokens are kept per registry.
 * Faults: `image-not-found`, `image-platform-missing`, `image-invalid`, `image-digest-mismatch`, `registry-refused`, and
 * `certificate-refused` or `registry-unreachable` with `details.tried` (DNS, TCP, TLS, HTTP) and `details.attempts`.
 */
export function makeRegistryClient(options: RegistryClientOptions = {}): RegistryClient {
  const registries = options.registries ?? {}
  const logger = options.logger ?? silentLogger
  const clock = options.clock ?? systemClock
  const idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs
  const common = { userAgent: options.userAgent ?? 'slipway', idleTimeoutMs }
  const sources = new Map<string, Source>()
  /** `source digest` of blobs that came damaged: such a source is asked last for them. */
  const damaged = new Set<string>()

  function sourceOf(address: string): Source {
    const known = sources.get(address)
    if (known !== undefined) return known
    const made = makeSource(address, optionsOf(registries, address), common)
    sources.set(address, made)
    return made
  }

  function sourcesOf(ref: ImageReference, digest?: string): Source[] {
    const all = [ref.registry, ...(optionsOf(registries, ref.registry).mirrors ?? [])].map(sourceOf)
    const isDamaged = (source: Source): boolean => damaged.has(`${source.name} ${digest}`)
    return [...all.filter((source) => !isDamaged(source)), ...all.filter(isDamaged)]
  }

  function readerOf(ref: ImageReference, signal: AbortSignal): ImageReader {
    const request = { repository: ref.repository, idleTimeoutMs, signal }
    const policy = { retry: options.retry ?? documentRetry, clock, logger, signal }
    return {
      manifest: (name) => trySources(sourcesOf(ref), policy, (source) => fetchManifest(source, name, request)),
      config: (descriptor) => trySources(sourcesOf(ref), policy, (source) => fetchConfig(source, descriptor, request)),
    }
  }

  /** A registry that cannot be reached is probed once more, stage by stage, so that the error says where it stopped. */
  async function explained(error: unknown, ref: ImageReference, signal: AbortSignal): Promise<unknown> {
    const isConnection = isFault(error, 'registry-unreachable') || isFault(error, 'certificate-refused')
    if (!isConnection || signal.aborted) return error
    const tried = await probeRegistry(ref.registry, optionsOf(registries, ref.registry), signal)
    return new Fault(error.code, error.message, {
      cause: error.cause,
      details: { ...error.details, registry: ref.registry, tried },
    })
  }

  async function explaining<T>(ref: ImageReference, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw await explained(error, ref, signal)
    }
  }

  return {
    resolve: (ref, platform, signal) =>
      explaining(ref, signal, () => resolveImage(readerOf(ref, signal), ref, platform)),
    inspect: (ref, signal) => explaining(ref, signal, () => inspectImage(readerOf(ref, signal), ref)),
    async *openBlob(ref, descriptor, { signal, onProgress, onRetry }) {
      const retry = options.retry ?? layerRetry
      const policy = { retry, clock, logger, signal, ...(onRetry === undefined ? {} : { onRetry }) }
      const onDamaged = (source: Source): void => void damaged.add(`${source.name} ${descriptor.digest}`)
      const progress = onProgress === undefined ? {} : { onProgress }
      const from = sourcesOf(ref, descriptor.digest)
      try {
        yield* streamBlob({
          sources: from,
          repository: ref.repository,
          descriptor,
          policy,
          idleTimeoutMs,
          onDamaged,
          ...progress,
        })
      } catch (error) {
        throw await explained(error, ref, signal)
      }
    },
    close() {
      for (const source of sources.values()) source.close()
    },
  }
}

// A mirror's own entry is found under its host: it never inherits the credentials of the registry that it mirrors.
function optionsOf(
  registries: RegistryClientOptions['registries'] & {},
  address: string,
): Partial<NonNullable<RegistryClientOptions['registries']>[string]> {
  const host = /^https?:\/\//i.test(address) ? new URL(address).host : address
  return (Object.hasOwn(registries, host) ? registries[host] : undefined) ?? {}
}
