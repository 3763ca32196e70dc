import type { Logger } from '@slipway/base'
import { applyLayer, makeRegistryClient, parseReference } from '@slipway/oci'
import type { RegistryAccess } from '@slipway/protocol'
import type { LayerSource } from './pull-layer.ts'

/** Makes the source of layers for one installation; connections and what is known of damaged mirrors live as long as it. */
export function makeOciLayers(registries: Readonly<Record<string, RegistryAccess>>, logger: Logger): LayerSource {
  const options = Object.fromEntries(
    Object.entries(registries).map(([host, access]) => [host, registryOptions(access)]),
  )
  const client = makeRegistryClient({ registries: options, logger })
  return {
    sourcesFor: (step) => 1 + (registries[parseReference(step.params.reference).registry]?.mirrors.length ?? 0),
    async applyLayer({ step, target, signal, log, onProgress }) {
      const total = step.params.layer.bytes
      const done = await applyLayer({
        client,
        ref: parseReference(step.params.reference),
        layer: step.params.layer,
        target,
        signal,
        allowDevices: true, // a root file system has them; only trusted images are installed
        onProgress: (bytes, wire) => onProgress({ bytes_done: bytes, bytes_total: total, bytes_from_wire: wire }),
        onRetry: ({ source, attempt, delay_ms, message }) => {
          const next = delay_ms === null ? 'no more tries there' : `again in ${delay_ms} ms`
          log('warn', `${source}, try ${attempt}: ${message} (${next})`)
        },
      })
      log(
        'info',
        `layer ${step.params.layer.digest}: ${done.entries} entries, ${done.bytes_fetched} bytes fetched, both digests right`,
      )
    },
  }
}

/** Absent members stay absent: the client's options are exact about them. */
function registryOptions({ mirrors, insecure, username, password }: RegistryAccess) {
  return { mirrors, insecure, ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
}
