import { createHash } from 'node:crypto'
import { Fault, isFault } from '@slipway/base'
import type { Layer } from '@slipway/protocol'
import { digestMismatch } from '../digest.ts'
import { layerCompression } from '../media-types.ts'
import type { ImageReference } from '../reference.ts'
import type { RetryEvent } from '../registry/attempts.ts'
import type { RegistryClient } from '../registry/client.ts'
import { decompress } from './decompress.ts'
import { makeEntryGate } from './entry-gate.ts'
import { LayerModel } from './layer-model.ts'
import type { LayerTarget } from './layer-target.ts'
import { defaultLayerLimits, overLimit, type LayerLimits } from './limits.ts'
import { sanitizeTar } from './sanitize-tar.ts'

/** One layer to be pulled and unpacked. */
export interface ApplyLayerInput {
  readonly client: Pick<RegistryClient, 'openBlob'>
  readonly ref: ImageReference
  readonly layer: Layer
  readonly target: LayerTarget
  readonly signal: AbortSignal
  readonly limits?: Partial<LayerLimits>
  /** Devices and FIFOs are refused unless this is true. */
  readonly allowDevices?: boolean
  onProgress?(bytesSoFar: number, fromWire: number): void
  onRetry?(event: RetryEvent): void
}

/** What was done: bytes that came over the wire (re-sent ones included), entries of the layer, and its verified diffID. */
export interface AppliedLayer {
  readonly bytes_fetched: number
  readonly entries: number
  readonly diff_id: string
}

/** After a fault in the contents so much more is fetched at most, to tell damaged data from a bad image. */
const diagnosisBytes = 256 * 1024 * 1024

/**
 * Pulls a layer and unpacks it in one pass without a copy: HTTP, SHA-256 of the blob, decompression, diffID, whiteouts, tar.
 * Both digests are checked at the end, so on any fault the caller takes the target back to before the layer. Faults:
 * `image-digest-mismatch`, `image-invalid` (malformed, over a limit), `layer-unsafe`, those of `openBlob` and of the target.
 */
export async function applyLayer(input: ApplyLayerInput): Promise<AppliedLayer> {
  const stop = new AbortController()
  const signal = AbortSignal.any([input.signal, stop.signal])
  const run = makeRun(input, signal)
  try {
    await input.target.extract(run.archive(), signal)
  } catch (error) {
    throw await run.explain(error)
  } finally {
    stop.abort()
  }
  if (!run.isVerified())
    throw new Fault('internal', `the target stopped reading layer ${input.layer.digest} before its end`)
  await run.model.finish()
  return run.result()
}

function makeRun(input: ApplyLayerInput, signal: AbortSignal) {
  const { layer } = input
  const limits: LayerLimits = { ...defaultLayerLimits, ...input.limits }
  const model = new LayerModel(input.target, limits)
  const gate = makeEntryGate(model, { allowDevices: input.allowDevices === true })
  const compression = layerCompression(layer.media_type)
  const count = { entries: 0, wire: 0, raw: 0 }
  let verified = false
  /** The first fault inside the stream: what the target reports about a stream that broke off is only its echo. */
  let failure: unknown
  const stream = input.client.openBlob(
    input.ref,
    { digest: layer.digest, size: layer.bytes },
    {
      signal,
      onProgress(bytes, wire) {
        count.wire = wire
        input.onProgress?.(bytes, wire)
      },
      ...(input.onRetry === undefined ? {} : { onRetry: input.onRetry }),
    },
  )
  const blob = stream[Symbol.asyncIterator]()

  // Not `yield*`: the decompressor closes what it reads when it fails, and the blob must outlive it for the diagnosis.
  async function* feed(): AsyncGenerator<Uint8Array> {
    for (let next = await blob.next(); next.done !== true; next = await blob.next()) {
      count.raw += next.value.length
      yield next.value
    }
  }

  async function* unpacked(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of decompress(compression, feed())) {
      size += chunk.length
      if (size > limits.maxUnpackedBytes) throw overLimit('too many unpacked bytes', limits.maxUnpackedBytes)
      if (size > limits.ratioFreeBytes && size > count.raw * limits.maxRatio)
        throw overLimit('a compression ratio', limits.maxRatio)
      hash.update(chunk)
      yield chunk
    }
    // Data after the end of the last gzip member is not unpacked but is part of the blob.
    while ((await blob.next()).done !== true);
    const actual = `sha256:${hash.digest('hex')}`
    if (actual !== layer.diff_id)
      throw digestMismatch(`the unpacked layer ${layer.digest}`, layer.diff_id, actual, input.ref.registry)
  }

  async function* archive(): AsyncGenerator<Uint8Array> {
    try {
      yield* sanitizeTar(unpacked(), gate, limits, () => {
        count.entries += 1
        if (count.entries > limits.maxEntries) throw overLimit('too many entries', limits.maxEntries)
      })
      verified = true
    } catch (error) {
      failure = error
      throw error
    }
  }

  /** Bad contents may come from damaged bytes: the rest of the blob tells. */
  async function explain(error: unknown): Promise<unknown> {
    if (input.signal.aborted) return input.signal.reason
    const first = failure ?? error
    const isContent = isFault(first, 'image-invalid') || isFault(first, 'layer-unsafe')
    if (!isContent || layer.bytes - count.raw > diagnosisBytes) return first
    try {
      while ((await blob.next()).done !== true);
      return first
    } catch (cause) {
      return isFault(cause, 'image-digest-mismatch') ? cause : first
    }
  }

  return {
    model,
    archive,
    explain,
    isVerified: () => verified,
    result: (): AppliedLayer => ({ bytes_fetched: count.wire, entries: count.entries, diff_id: layer.diff_id }),
  }
}
