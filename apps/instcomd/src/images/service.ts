import { makeRegistryClient, parseReference, type ImageSummary, type RegistryClient } from '@slipway/oci'
import type { ImageFacts } from '@slipway/machine-config'
import type { Inventory, RegistryAccess, ResolvedImage } from '@slipway/protocol'
import type { AppContext } from '../app-context.ts'
import { readRegistries } from './registries.ts'

/** What a registry may take for an answer that a person waits for. */
const askMs = 60_000

/** Asks registries about images: never a layer, only manifests and configurations. */
export class ImageService {
  readonly #context: AppContext
  #client: { key: string; client: RegistryClient } | null = null

  constructor(context: AppContext) {
    this.#context = context
  }

  /** How registries are reached, for us and for machines. */
  registries(): Promise<Record<string, RegistryAccess>> {
    return readRegistries(this.#context.configuration.registries)
  }

  async inspect(reference: string, signal: AbortSignal): Promise<ImageSummary> {
    const client = await this.#open()
    return client.inspect(this.#parse(reference), bounded(signal))
  }

  /** The image for one machine's operating system and architecture. Throws the faults of `@slipway/oci`. */
  async resolve(
    reference: string,
    inventory: Pick<Inventory, 'platform' | 'architecture'>,
    signal: AbortSignal,
  ): Promise<ResolvedImage> {
    const platform = { os: inventory.platform, architecture: inventory.architecture }
    const client = await this.#open()
    return client.resolve(this.#parse(reference), platform, bounded(signal))
  }

  close(): void {
    this.#client?.client.close()
  }

  #parse(reference: string) {
    const registry = this.#context.configuration.default_oci_registry
    return parseReference(reference, registry === null ? {} : { registry })
  }

  /** One client while the registries stay the same, so that connections and tokens are kept. */
  async #open(): Promise<RegistryClient> {
    const registries = await this.registries()
    const key = JSON.stringify(registries)
    if (this.#client?.key === key) return this.#client.client
    this.#client?.client.close()
    const client = makeRegistryClient({ registries, logger: this.#context.logger })
    this.#client = { key, client }
    return client
  }
}

/** The hints of an image's labels, as the config check wants them (machines.md, "Images"). */
export function imageFacts(image: ResolvedImage): ImageFacts {
  const bytes = Number(image.labels['org.slipway.min-disk-bytes'])
  const boot = image.labels['org.slipway.boot']
  return {
    platforms: [image.platform],
    ...(Number.isSafeInteger(bytes) && bytes > 0 && { min_disk_bytes: bytes }),
    ...(boot !== undefined && { boot: boot.split(',').map((word) => word.trim()) }),
  }
}

function bounded(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(askMs)])
}
